import { createHash } from 'node:crypto';
import { crc32 } from '../base/crc32.ts';
import { VerificationIncomplete } from '../base/errors.ts';
import { ByteCursor } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';
import { checkMember } from './check-member.ts';
import type { Directory } from './directory.ts';
import { openDirectory } from './directory.ts';
import type { Member } from './member.ts';
import type { VerifySpan } from './verify-spans.ts';

export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the stored bytes of the span received so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Read as a whole, for its checksum; the span lies in it. The last one of an archive ends behind the directory. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** The SHA-256 of the range is wanted as well. */
  readonly withDigest?: boolean;
}

/** Members checked (directory entries of zero bytes among them), and stored bytes read. */
export interface SpanVerified {
  readonly members: number;
  readonly bytes: number;
  /** Of the range, or of the span without one. */
  readonly crc32: number;
  /** Of the same, in base64. */
  readonly sha256?: string;
}

/**
 * Re-reads a span of a stored archive with one sequential range read beside a walk of the directory, and checks every
 * member against the directory that the manager wrote. Memory is flat at any size. Throws `MemberCorrupt`, whatever
 * `openDirectory` throws, `TransferInterrupted`, the signal's reason, and `VerificationIncomplete` when the span is not
 * one of this archive's.
 */
export async function verifySpan(
  source: ByteSource,
  label: string,
  span: VerifySpan,
  options: VerifyOptions = {},
): Promise<SpanVerified> {
  try {
    const directory = await openDirectory(source, label, options);
    if (span.end > directory.directoryOffset || span.start >= span.end)
      throw notOfThisArchive(label, span, 'its bytes');
    return await verifyBytes(source, label, span, { ...options, directory });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function verifyBytes(
  source: ByteSource,
  label: string,
  span: VerifySpan,
  options: VerifyOptions & { readonly directory: Directory },
): Promise<SpanVerified> {
  const bytes = span.end - span.start;
  const { start, end: last } = options.range ?? span;
  const hash = options.withDigest ? createHash('sha256') : undefined;
  let crc = 0;
  const onChunk = (chunk: Buffer) => {
    crc = crc32(chunk, crc);
    hash?.update(chunk);
  };
  const cursor = await ByteCursor.open(source, start, last - start, { ...options, onChunk });
  try {
    let members = 0;
    let end = span.start;
    for await (const member of membersOf(options.directory, span)) {
      if (members === 0 && member.offset !== span.start) throw notOfThisArchive(label, span, 'its first file');
      options.signal?.throwIfAborted();
      // Bytes between members belong to nobody and mean nothing: the format allows them.
      await cursor.skip(member.offset - cursor.position);
      await checkMember(cursor, member, label);
      members++;
      end = member.end;
    }
    if (members !== span.members || end !== span.end) {
      throw notOfThisArchive(label, span, `${members} files up to byte ${end}`);
    }
    await cursor.finish();
    return { members, bytes, crc32: crc, ...(hash ? { sha256: hash.digest('base64') } : {}) };
  } finally {
    cursor.close();
  }
}

/** The members of the span, and not one more than lies in its bytes. */
async function* membersOf(directory: Directory, span: VerifySpan): AsyncGenerator<Member, void, undefined> {
  let index = 0;
  for await (const member of directory.members()) {
    if (index >= span.firstMember + span.members) return;
    if (index >= span.firstMember && member.end <= span.end) yield member;
    index++;
  }
}

function notOfThisArchive(label: string, span: VerifySpan, found: string): VerificationIncomplete {
  return new VerificationIncomplete(
    `The range ${JSON.stringify(span)} does not fit ${label} (${found}): it was planned for another archive.`,
  );
}

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ByteSource } from '../archive/byte-source.ts';
import type { GeneratedArchive } from '../archive/make-archive.ts';
import { bytesOf, truncated, withFlippedByte } from '../archive/tampered.ts';
import type { ManagerFaults, Strike } from './faults.ts';
import type { StoredFile } from './rows.ts';

/** A file as one request finds it. */
export interface ServedFile {
  readonly source: ByteSource;
  readonly modifiedAt: Date;
}

const LOGIN_PAGE = Buffer.from(
  '<!doctype html>\n<html><head><title>Cloudify Console</title></head><body><form action="/console/login">' +
    '<input name="username"><input name="password" type="password"></form></body></html>\n',
);

/** The stored file, with whatever is wrong with it at the moment. `undefined`: it is not there. */
export function servedFile(
  faults: ManagerFaults,
  strike: Strike,
  stored: StoredFile | undefined,
): ServedFile | undefined {
  if (stored === undefined || faults.take('archiveMissing', strike) !== undefined) return undefined;
  const { modifiedAt } = stored;
  if (faults.take('archiveEmpty', strike) !== undefined) return { source: bytesOf(Buffer.alloc(0)), modifiedAt };
  if (faults.take('archiveHtml', strike) !== undefined) return { source: bytesOf(LOGIN_PAGE), modifiedAt };
  const cut = faults.take('archiveTruncated', strike);
  const corrupt = faults.take('archiveCorrupt', strike);
  let source = cut === undefined ? stored.source : truncated(stored.source, cut.bytes);
  if (corrupt !== undefined) source = withFlippedByte(source, corrupt.atByte ?? middleOf(source));
  return exchanged({ source, modifiedAt }, faults, strike);
}

/** The archive is replaced while it is read: `afterRequests` GETs saw the old one. */
function exchanged(file: ServedFile, faults: ManagerFaults, strike: Strike): ServedFile {
  const other = (): ByteSource => withFlippedByte(file.source, middleOf(file.source));
  const changing = faults.peek('changeEtagMidTransfer', strike);
  if (changing !== undefined && isDue(changing, strike)) {
    faults.condition('changeEtagMidTransfer', strike);
    // One second later is the smallest change that an ETag of mtime and size can show.
    return { source: other(), modifiedAt: new Date(file.modifiedAt.getTime() + 1000) };
  }
  const hidden = faults.peek('sameEtagOtherBytes', strike);
  if (hidden === undefined || !isDue(hidden, strike)) return file;
  faults.condition('sameEtagOtherBytes', strike);
  return { ...file, source: other() };
}

/** GETs that a replacement fault has seen so far; HEADs only look. */
const seen = new WeakMap<object, number>();

function isDue(parameters: { afterRequests: number }, { method }: Strike): boolean {
  const count = seen.get(parameters) ?? 0;
  if (method === 'GET') seen.set(parameters, count + 1);
  return count >= parameters.afterRequests;
}

/** A byte in the middle of the largest member's data; of an unknown file the middle, which is most probably one. */
function middleOf(source: ByteSource): number {
  if (!isGenerated(source)) return Math.floor(source.size / 2);
  const largest = source.members.reduce((best, one) => (one.compressedSize > best.compressedSize ? one : best));
  return largest.dataOffset + Math.floor(largest.compressedSize / 2);
}

export const isGenerated = (source: ByteSource | undefined): source is GeneratedArchive =>
  source !== undefined && 'members' in source;

export interface ArchiveDigest {
  readonly size: number;
  readonly crc32: number;
  readonly sha256: string;
}

export async function digestOf(source: ByteSource): Promise<ArchiveDigest> {
  const hash = createHash('sha256');
  let crc = 0;
  for await (const chunk of (await source.read(0, source.size)) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    crc = crc32(chunk, crc);
  }
  return { size: source.size, crc32: crc, sha256: hash.digest('hex') };
}

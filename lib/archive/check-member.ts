import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { MemberCorrupt } from '../errors.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { checkDescriptor, readLocalHeader } from './local-header.ts';
import type { Member } from './member.ts';
import { DEFLATED, STORED, whereIs } from './member.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

// Below these a member is inflated in one call: an inflate stream costs about 100 µs to set up, which for 100,000 small
// members would be 10 s. Memory is at most both numbers together.
const SMALL_COMPRESSED_BYTES = MiB;
const SMALL_BYTES = 16 * MiB;

/** Of inflated bytes. Fewer trips through the thread pool than zlib's default of 16 KiB; more gains nothing. */
const INFLATE_CHUNK_BYTES = 256 * KiB;

/** Takes the inflated bytes of a member, piece by piece. A piece is valid during the call only. */
export type Sink = (piece: Buffer) => void;

/**
 * Reads one member, which the cursor stands before, whole: local header, data, descriptor. Throws `MemberCorrupt` unless
 * the data inflate, end where they should, and have the directory's size and CRC-32. `sink` sees bytes before that is known.
 */
export async function checkMember(cursor: ByteCursor, member: Member, label: string, sink?: Sink): Promise<void> {
  await readLocalHeader(cursor, member, label);
  const tally = new Tally(member, label, sink);
  if (member.method === STORED) {
    for await (const piece of cursor.stream(member.compressedSize)) tally.add(piece);
  } else if (member.compressedSize <= SMALL_COMPRESSED_BYTES && member.size <= SMALL_BYTES) {
    tally.add(inflateSmall(await cursor.take(member.compressedSize), member, label));
  } else {
    await inflateLarge(cursor, member, label, tally);
  }
  tally.settle();
  await checkDescriptor(cursor, member, label);
}

/** Counts and sums the inflated bytes; stops the moment there are more than the directory says. */
class Tally {
  readonly #member: Member;
  readonly #label: string;
  readonly #sink: Sink | undefined;
  #size = 0;
  #crc = 0;

  constructor(member: Member, label: string, sink: Sink | undefined) {
    this.#member = member;
    this.#label = label;
    this.#sink = sink;
  }

  add(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#size > this.#member.size) throw tooMuch(this.#member, this.#label);
    this.#crc = crc32(piece, this.#crc);
    this.#sink?.(piece);
  }

  settle(): void {
    const { size, crc32: expected } = this.#member;
    if (this.#size !== size) {
      throw new MemberCorrupt(
        `${whereIs(this.#member, this.#label)} holds ${this.#size} bytes; the directory says ${size}.`,
      );
    }
    if (this.#crc !== expected) {
      const found = `CRC-32 expected 0x${hex(expected)}, found 0x${hex(this.#crc)}`;
      throw new MemberCorrupt(`${whereIs(this.#member, this.#label)} is not what the manager wrote: ${found}.`);
    }
  }
}

function inflateSmall(data: Buffer, member: Member, label: string): Buffer {
  try {
    const limits = { maxOutputLength: Math.max(1, member.size), chunkSize: Math.max(KiB, Math.min(member.size, MiB)) };
    // With `info` the answer says as well how much of the input the inflater used. The types do not know.
    const answer: unknown = inflateRawSync(data, { ...limits, info: true });
    const { buffer, engine } = answer as { buffer: Buffer; engine: { bytesWritten: number } };
    assertUsedUp(engine.bytesWritten, member, label);
    return buffer;
  } catch (error) {
    throw named(error, member, label);
  }
}

async function inflateLarge(cursor: ByteCursor, member: Member, label: string, tally: Tally): Promise<void> {
  const inflater = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
  try {
    await pipeline(cursor.stream(member.compressedSize), inflater, async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) tally.add(piece);
      // Here and not after the pipeline, which would wait for input that an inflater at its end no longer takes.
      assertUsedUp(inflater.bytesWritten, member, label);
    });
  } catch (error) {
    throw named(error, member, label);
  }
}

/** The deflate data must end with the member's last byte; an inflater stops at their end without a word. */
function assertUsedUp(used: number, member: Member, label: string): void {
  if (used === member.compressedSize) return;
  throw new MemberCorrupt(
    `${whereIs(member, label)} has deflate data of ${used} bytes; the directory says ${member.compressedSize}.`,
  );
}

/** zlib's errors, which carry codes, become ours; those of the source and of an abort stay what they are. */
function named(error: unknown, member: Member, label: string): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  if (error.code === 'ERR_BUFFER_TOO_LARGE') return tooMuch(member, label);
  if (!error.code.startsWith('Z_')) return error;
  return new MemberCorrupt(`${whereIs(member, label)} does not inflate: ${error.message} (${error.code}).`);
}

function tooMuch(member: Member, label: string): MemberCorrupt {
  const kind = member.method === DEFLATED ? 'inflates to' : 'holds';
  return new MemberCorrupt(`${whereIs(member, label)} ${kind} more than the ${member.size} bytes of the directory.`);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

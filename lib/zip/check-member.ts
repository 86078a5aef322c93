import { crc32 } from '../base/crc32.ts';
import { MemberCorrupt } from '../base/errors.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { EndedEarly, inflate, type Sink } from './inflate.ts';
import { checkDescriptor, readLocalHeader } from './local-header.ts';
import type { Member } from './member.ts';
import { DEFLATED, STORED, whereIs } from './member.ts';

/**
 * Reads one member, which the cursor stands before, whole: local header, data, descriptor. Throws `MemberCorrupt` unless
 * the data inflate, end where they should, and have the directory's size and CRC-32. `sink` sees bytes before that is known.
 */
export async function checkMember(cursor: ByteCursor, member: Member, label: string, sink?: Sink): Promise<void> {
  await readLocalHeader(cursor, member, label);
  const tally = new Tally(member, label, sink);
  if (member.method === STORED) {
    for await (const piece of cursor.stream(member.compressedSize)) tally.add(piece);
  } else {
    await inflateMember(cursor, member, label, tally);
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

async function inflateMember(cursor: ByteCursor, member: Member, label: string, tally: Tally): Promise<void> {
  const { compressedSize } = member;
  try {
    await inflate(cursor.stream(compressedSize), compressedSize, (piece) => tally.add(piece));
  } catch (error) {
    throw named(error, member, label);
  }
}

/** zlib's errors, which carry codes, become ours; those of the source and of an abort stay what they are. */
function named(error: unknown, member: Member, label: string): unknown {
  if (error instanceof EndedEarly) {
    const { compressedSize } = member;
    return new MemberCorrupt(
      `${whereIs(member, label)} has deflate data of ${error.used} bytes; the directory says ${compressedSize}.`,
    );
  }
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
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

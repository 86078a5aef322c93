import { ArchiveUnsupported } from '../base/errors.ts';

/** One entry of the directory. Offsets and sizes in bytes. */
export interface Member {
  readonly name: string;
  readonly nameBytes: Buffer;
  /** Of its local header. */
  readonly offset: number;
  /** Where the next member, or the directory, begins. */
  readonly end: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc32: number;
  /** 0 = stored, 8 = deflated. */
  readonly method: number;
  readonly flags: number;
}

export const STORED = 0;
export const DEFLATED = 8;

/** General purpose flag: sizes and CRC follow the data instead of standing in the local header. */
export const HAS_DESCRIPTOR = 0x0008;

// Bit 0: encrypted; 6: strongly; 13: header values masked. Bit 5: a patch, which the manager's reader refuses.
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const PATCH = 0x0020;

/** Python's zipfile (the manager's reader) refuses anything that needs more than version 6.3 of the format. */
const NEWEST_VERSION = 63;

/** Refuses what no manager writes or reads, by name (`ArchiveUnsupported`). */
export function assertSupported(member: Member, versionNeeded: number, label: string): void {
  const refuse = (what: string) => new ArchiveUnsupported(`${whereIs(member, label)} ${what}.`);
  if (member.flags & ENCRYPTED) throw refuse('is encrypted');
  if (member.flags & PATCH) throw refuse('is a patch of another file');
  if (member.method !== STORED && member.method !== DEFLATED) {
    throw refuse(`uses compression method ${member.method}; managers use 0 (stored) and 8 (deflate)`);
  }
  if (versionNeeded > NEWEST_VERSION) throw refuse(`needs version ${versionNeeded / 10} of the zip format`);
  if (member.name === '' || member.name.includes('\0')) throw refuse('has no usable name');
  if (/^[/\\]|^[a-z]:[/\\]/i.test(member.name)) throw refuse('has an absolute name');
  if (member.name.split(/[/\\]/).includes('..')) throw refuse('has a name that climbs out with ".."');
}

/** How messages name a member: quoted and cut, since the name may be anything. */
export function whereIs({ name, offset }: Pick<Member, 'name' | 'offset'>, label: string): string {
  const shown = name.length > 120 ? `${name.slice(0, 117)}...` : name;
  return `Member ${JSON.stringify(shown)} at byte ${offset} of ${label}`;
}

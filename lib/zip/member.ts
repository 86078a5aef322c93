import type { CentralHeader } from './central-header.ts';
import { decodeName } from './member-name.ts';

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

/** What no manager writes or reads in this entry, its name aside: the end of a sentence about it. */
export function unsupported({ flags, method, versionNeeded }: CentralHeader): string | undefined {
  if (flags & ENCRYPTED) return 'is encrypted';
  if (flags & PATCH) return 'is a patch of another file';
  if (method !== STORED && method !== DEFLATED) {
    return `uses compression method ${method}; managers use 0 (stored) and 8 (deflate)`;
  }
  if (versionNeeded > NEWEST_VERSION) return `needs version ${versionNeeded / 10} of the zip format`;
  return undefined;
}

/** The member of an entry. Its name's bytes are a copy, so that they do not keep all that was read with them. */
export function toMember({ versionNeeded: _, nameBytes, ...numbers }: CentralHeader, end: number): Member {
  return { name: decodeName(numbers.flags, nameBytes), nameBytes: Buffer.from(nameBytes), ...numbers, end };
}

/** How messages name a member: quoted and cut, since the name may be anything. */
export function whereIs({ name, offset }: Pick<Member, 'name' | 'offset'>, label: string): string {
  const shown = name.length > 120 ? `${name.slice(0, 117)}...` : name;
  return `File ${JSON.stringify(shown)} at byte ${offset} of ${label}`;
}

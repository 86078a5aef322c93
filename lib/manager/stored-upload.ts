import { buffer } from 'node:stream/consumers';
import {
  ArchiveEmpty,
  ManagerUnavailable,
  SnapshotLost,
  SourceChanged,
  TransferInterrupted,
  UploadMismatch,
} from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import type { ArchiveReader } from './archive-reader.ts';

const KiB = 1024;
/** At the end of a zip file is its directory, with the CRC-32 of every member. */
const END = 64 * KiB;
/** Up to this size all bytes are compared. */
const SMALL = 1024 * KiB;

/** Bytes of the archive, from `start` on. */
export interface Sample {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Beginning and end of the archive, or all of a small one. Throws the errors of the source. */
export async function samplesOf(source: ByteSource): Promise<Sample[]> {
  const { size } = source;
  const read = async (start: number, length: number) => ({
    start,
    bytes: await buffer(await source.read(start, length)),
  });
  if (size <= SMALL) return [await read(0, size)];
  return [await read(0, END), await read(size - END, END)];
}

/**
 * Compares what a node has stored with the archive. Gives `size only` when the node serves no ranges. `where` begins the
 * sentences. Throws `UploadMismatch`, `SnapshotLost` (no such file on this node), `ManagerUnavailable` and what replies mean.
 */
export async function compareStored(
  reader: ArchiveReader,
  archive: { readonly size: number; readonly samples: readonly Sample[] },
  where: string,
): Promise<'same' | 'size only'> {
  try {
    const facts = await reader.facts();
    if (facts.size !== archive.size) throw otherSize(where, facts.size, archive.size);
    if (!facts.ranges) return 'size only';
    for (const { start, bytes } of archive.samples) {
      const stored = await reader.bytes(facts, start, bytes.length);
      const at = firstDifference(stored, bytes);
      if (at !== undefined) throw otherBytes(where, start + at, archive.size);
    }
    return 'same';
  } catch (error) {
    if (error instanceof ArchiveEmpty) throw otherSize(where, 0, archive.size);
    // An archive that broke off, or was replaced in this moment, is looked at once more.
    if (error instanceof TransferInterrupted || error instanceof SourceChanged) {
      throw new ManagerUnavailable(error.message);
    }
    if (error instanceof SnapshotLost) {
      throw new SnapshotLost(`${where} has no file of the uploaded snapshot (yet): ${error.message}`);
    }
    throw error;
  }
}

const WHAT_NOW =
  'Nothing was restored, and the upload is removed. Run the restore again, with the method "stream" if it was "url"; look for a proxy that changes what passes through it.';

function otherSize(where: string, stored: number, size: number): UploadMismatch {
  return new UploadMismatch(`${where} has stored ${stored} bytes of an archive of ${size} bytes. ${WHAT_NOW}`);
}

function otherBytes(where: string, at: number, size: number): UploadMismatch {
  return new UploadMismatch(
    `${where} has stored other bytes than the archive's, from byte ${at} of ${size}. ${WHAT_NOW}`,
  );
}

function firstDifference(one: Buffer, other: Buffer): number | undefined {
  if (one.equals(other)) return undefined;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at === -1 ? one.length : at;
}

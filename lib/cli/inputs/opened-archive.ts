import { ArchiveGone } from '../../base/errors.ts';
import type { Entry } from '../../catalogue/entry.ts';
import type { ByteSource } from '../../zip/byte-source.ts';
import { crc32FromBase64 } from '../../zip/crc32.ts';
import type { Terminal } from '../usage.ts';
import type { Archives } from './archives.ts';
import { find, wantedOf } from './one-archive.ts';

export interface OpenedArchive {
  readonly entry: Entry;
  readonly source: ByteSource;
  /** For messages. */
  readonly label: string;
  /** As a number, from the manifest. */
  readonly crc32: number;
}

/**
 * The bytes of one archive, of the very version that its manifest vouches for. One that is damaged, or whose record is
 * forged, is refused by name unless `anyway`: then only what can be read of it is. Throws `ArchiveGone`, `ArchiveDamaged`.
 */
export async function openArchive(
  { archive, manager }: { readonly archive?: string | undefined; readonly manager?: string | undefined },
  archives: Archives,
  terminal: Terminal,
): Promise<OpenedArchive> {
  const { entry, refusal } = await find(await wantedOf(archive, manager, archives), archives, terminal.clock);
  if (refusal) throw refusal;
  const { key, versionId, size, crc32 } = entry.manifest.archive;
  const label = `The archive ${key}`;
  if (!entry.stored) throw new ArchiveGone(`${label} is not stored any more as its manifest describes it.`);
  return { entry, source: archives.archive.source(key, versionId, size), label, crc32: crc32FromBase64(crc32) };
}

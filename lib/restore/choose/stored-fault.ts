import { capitalized } from '../../base/capitalized.ts';
import { ArchiveDamaged, ArchiveGone, ChecksumMismatch, OffsiteError } from '../../base/errors.ts';
import { isDamage } from '../../catalogue/damage.ts';
import type { KnownManifest } from '../../catalogue/entry.ts';
import type { Deps } from '../../deps.ts';
import { lookInside } from '../../snapshot/inspect.ts';
import type { Metadata } from '../../snapshot/metadata.ts';

type LookDeps = Pick<Deps, 'archive' | 'signal'>;

/**
 * A look at a stored archive that costs a few small requests: what storage says of that version, its directory, its
 * `metadata.json`. Gives the error when it is gone or damaged, after a second look: one bad read condemns nothing. Throws
 * what is not about the archive.
 */
export async function lookAtStored(
  manifest: KnownManifest,
  deps: LookDeps,
): Promise<Metadata | ArchiveGone | ArchiveDamaged> {
  const first = await lookOnce(manifest, deps);
  return first instanceof OffsiteError ? await lookOnce(manifest, deps) : first;
}

async function lookOnce(manifest: KnownManifest, { archive, signal }: LookDeps) {
  const { key, versionId, size } = manifest.archive;
  try {
    await checkHead(manifest, archive);
    const { metadata, memberCount } = await lookInside(archive.source(key, versionId, size), key, { signal });
    if (memberCount === manifest.snapshot.memberCount) return metadata;
    throw new ChecksumMismatch(
      `The directory of ${key} lists ${memberCount} files; its manifest says ${manifest.snapshot.memberCount}.`,
    );
  } catch (error) {
    if (error instanceof ArchiveGone) return error;
    if (!(error instanceof OffsiteError) || !isDamage(error.name)) throw error;
    return new ArchiveDamaged(`${error.message.replace(/\.$/, '')} (${error.name}).`);
  }
}

/** Some stores keep no checksum of the whole. */
async function checkHead(
  { archive: { key, versionId, size, crc32 } }: KnownManifest,
  archive: LookDeps['archive'],
): Promise<void> {
  const head = await archive.head(key, versionId);
  if (!head) throw new ArchiveGone(`${capitalized(archive.place)} has no version ${versionId} of ${key} any more.`);
  const found = { size: head.size, crc32: head.crc32 ?? crc32 };
  if (found.size === size && found.crc32 === crc32) return;
  throw new ChecksumMismatch(
    `${key} has ${found.size} bytes and CRC-32 ${found.crc32} in storage; its manifest says ${size} and ${crc32}.`,
  );
}

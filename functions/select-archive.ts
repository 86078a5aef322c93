import { SourceChanged } from '../lib/base/errors.ts';
import type { Manifest } from '../lib/catalogue/records.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { type ArchiveAddress, openForeign } from '../lib/restore/choose/archive-from-url.ts';
import { type ArchiveChoice, findArchive } from '../lib/restore/choose/choose-archive.ts';
import { shownUrl } from '../lib/restore/choose/presigned-urls.ts';
import type { RestoreInput } from '../lib/restore/input.ts';
import type { Selection } from '../lib/restore/state.ts';
import { inspectArchive, readArchiveMetadata } from '../lib/snapshot/inspect.ts';
import { totalsForState } from '../lib/snapshot/inventory.ts';
import { marksLegacy } from '../lib/snapshot/metadata.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** Picks the archive to restore: by its manifest from the bucket, or the one at a URL, as far as it can be looked into. */
export const selectArchive = defineStep('SelectArchive', async ({ input }, deps) =>
  input.archiveUrl === undefined
    ? await fromBucket(input, deps)
    : await fromUrl({ url: input.archiveUrl, manager: input.manager }, input.archiveSeen, deps),
);

async function fromBucket(input: ArchiveChoice, deps: Deps): Promise<Selection> {
  const { manifest, notes } = await findArchive(input, deps);
  const { archive, snapshot, times } = manifest;
  const { key, versionId, size, crc32 } = archive;
  const source = deps.archive.source(key, versionId, size);
  const metadata = await readArchiveMetadata(source, key, { signal: deps.signal });
  return {
    from: 'bucket',
    manager: manifest.manager.id,
    snapshot: snapshot.id,
    key,
    versionId,
    size,
    crc32,
    sourceTag: null,
    format: snapshot.format,
    snapshotVersion: snapshot.version,
    marksLegacy: marksLegacy(metadata),
    memberCount: snapshot.memberCount,
    totals: totalsForState(manifest.inventory),
    takenAt: times.snapshotReady,
    creationSeconds: creationSeconds(times),
    notes: [...notes],
  };
}

/** The manager's clock is not in it: both times are ours. */
function creationSeconds({ snapshotRequested, snapshotReady }: Manifest['times']): number {
  return Math.max(0, Math.round((Date.parse(snapshotReady) - Date.parse(snapshotRequested)) / 1000));
}

async function fromUrl(address: ArchiveAddress, seen: RestoreInput['archiveSeen'], deps: Deps): Promise<Selection> {
  const source = await openForeign(address, deps);
  const label = `The archive at ${shownUrl(address.url)}`;
  if (seen && (seen.size !== source.size || seen.tag !== source.tag)) {
    throw new SourceChanged(
      `${label} is not the one that was looked at: it had ${seen.size} bytes then, and has ${source.size} now, or its ETag or its date is another one. Look again.`,
    );
  }
  const facts = await inspectArchive(source, label, { signal: deps.signal });
  return {
    from: 'url',
    manager: null,
    snapshot: null,
    key: null,
    versionId: null,
    crc32: null,
    size: source.size,
    sourceTag: source.tag,
    format: facts.format,
    snapshotVersion: facts.snapshotVersion,
    marksLegacy: marksLegacy(facts.metadata),
    memberCount: facts.memberCount,
    totals: totalsForState(facts.inventory),
    takenAt: null,
    creationSeconds: null,
    notes: [
      `${label} comes from outside: its directory and its inventory were read, its ${facts.memberCount} members were not verified.`,
    ],
  };
}

export const handler = toHandler(selectArchive, runtime);

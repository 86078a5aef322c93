import { ArchiveDamaged, ArchiveGone, SourceChanged } from '../lib/base/errors.ts';
import type { KnownManifest } from '../lib/catalogue/entry.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { type ArchiveAddress, openForeign } from '../lib/restore/choose/archive-from-url.ts';
import {
  type ArchiveChoice,
  type ChosenArchive,
  chooseArchive,
  knownArchives,
} from '../lib/restore/choose/choose-archive.ts';
import { adviceOf } from '../lib/restore/choose/next-good.ts';
import { shownUrl } from '../lib/restore/choose/presigned-urls.ts';
import { lookAtStored } from '../lib/restore/choose/stored-fault.ts';
import type { RestoreInput } from '../lib/restore/input.ts';
import { MOST_PASSED_OVER, type PassedOver, type Selection } from '../lib/restore/state.ts';
import { inspectArchive } from '../lib/snapshot/inspect.ts';
import { totalsForState } from '../lib/snapshot/inventory.ts';
import { type Metadata, marksLegacy } from '../lib/snapshot/metadata.ts';
import type { Standing } from '../lib/storage/seal.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Picks the archive to restore: by its manifest from the bucket, or the one at a URL, as far as it can be looked into.
 * What an earlier round had picked, and was found damaged when every byte of it was read, is not picked again.
 */
export const selectArchive = defineStep('SelectArchive', async ({ input, stored }, deps) =>
  input.archiveUrl === undefined
    ? await fromBucket(input, stored?.damaged ?? [], deps)
    : await fromUrl({ url: input.archiveUrl, manager: input.manager }, input.archiveSeen, deps),
);

/** The first that a look finds good, if the input lets others be passed over; else the one that is asked for. */
async function fromBucket(input: ArchiveChoice, before: PassedOver, deps: Deps): Promise<Selection> {
  const known = await knownArchives(input, deps);
  let found = before;
  for (;;) {
    const chosen = chooseArchive(known, input, found);
    const looked = await lookAtStored(chosen.manifest, deps);
    const named = typeof input.archive === 'string' && input.archive !== 'latest';
    if (!(looked instanceof Error)) return selectionOf(chosen, looked, { named, maySkip: input.skipDamaged === true });
    const snapshot = chosen.manifest.snapshot.id;
    if (input.skipDamaged && found.length < MOST_PASSED_OVER) {
      found = [{ snapshot, error: looked.name }, ...found];
      continue;
    }
    const advised = { manager: known.manager, next: chosen.next, maySkip: !named, now: known.now };
    const text = `The archive ${snapshot} of manager ${known.manager} cannot be restored: ${looked.message} ${adviceOf(advised)}`;
    throw looked instanceof ArchiveGone ? new ArchiveGone(text) : new ArchiveDamaged(text);
  }
}

function selectionOf(
  { manifest, standing, notes, passedOver, next }: ChosenArchive,
  metadata: Metadata,
  how: Pick<Selection, 'named' | 'maySkip'>,
): Selection {
  const { archive, snapshot, times } = manifest;
  const { key, versionId, size, crc32 } = archive;
  return {
    from: 'bucket',
    manager: manifest.manager.id,
    snapshot: snapshot.id,
    key,
    versionId,
    size,
    crc32,
    ...(manifest.digestedRanges === undefined ? {} : { ranges: manifest.digestedRanges }),
    sourceTag: null,
    format: snapshot.format,
    snapshotVersion: snapshot.version,
    marksLegacy: marksLegacy(metadata),
    memberCount: snapshot.memberCount,
    totals: totalsForState(manifest.inventory),
    takenAt: times.snapshotReady,
    creationSeconds: creationSeconds(times),
    ...(standing ? { signature: signatureOf(standing) } : {}),
    ...how,
    next,
    passedOver: [...passedOver],
    notes: [...notes].slice(0, 20),
  };
}

function signatureOf(standing: Standing): NonNullable<Selection['signature']> {
  const { state } = standing;
  return state === 'signed' ? { state, key: standing.key, known: standing.known } : { state, key: null, known: null };
}

/** The manager's clock is not in it: both times are ours. */
function creationSeconds({ snapshotRequested, snapshotReady }: KnownManifest['times']): number {
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
      `${label} comes from outside: its directory and its inventory were read, its ${facts.memberCount} files were not verified.`,
    ],
  };
}

export const handler = toHandler(selectArchive, runtime);

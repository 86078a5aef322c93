import { OffsiteError } from '../base/errors.ts';
import { missingAt } from '../catalogue/catalogue.ts';
import { isDamaged, isFlagged, isRestorable, type Unreadable } from '../catalogue/entry.ts';
import { unreadableText } from '../catalogue/unreadable-text.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import { driftText } from '../export/drift.ts';
import type { Decision } from '../retention/decide.ts';
import { isVersion } from '../storage/version-id.ts';
import { judgeIndex } from './check-index.ts';
import { isHeldByReplication } from './check-replication.ts';
import { isOverdue, mayBeGone, replacedSince } from './expiry-times.ts';
import { type Finding, OF_FAULT } from './findings.ts';
import type { Observed } from './observe.ts';

/** Manifests × objects: what is recorded is there, as it was recorded, and stays as long as it should. */
export function judgeArchives(view: Observed, policy: RetentionPolicy): Finding[] {
  const { decisions, changes, catalogue } = view.retention;
  const around = {
    replaced: replacedSince(decisions, policy.held),
    untagged: new Set(changes.tags.map(({ key }) => key)),
  };
  return [
    ...decisions.flatMap((decision) => judgeOne(view, decision, policy, around)),
    ...catalogue.unreadable.map(unreadableRecord),
    ...missingAt(view.manager, catalogue, view.now).map(unreadableRecord),
    ...judgeIndex(view),
    ...newestFlagged(view),
    ...wrongTags(view),
  ];
}

/** What is reckoned once for all archives: to look through all of them for each takes minutes with 10,000. */
interface Around {
  readonly replaced: ReadonlyMap<Decision, number>;
  /** Keys whose tag is not the right one yet. */
  readonly untagged: ReadonlySet<string>;
}

function judgeOne(view: Observed, decision: Decision, policy: RetentionPolicy, around: Around): Finding[] {
  const { entry } = decision;
  const { archive } = entry.manifest;
  const found = (kind: Finding['kind'], message: string): Finding[] => [{ kind, about: archive.key, message }];
  if (entry.stored === null) return missing(view, decision, policy);
  return [
    ...changed(view, decision),
    ...(entry.stored.hiddenAt !== null && !mayBeGone(decision, policy, view.now)
      ? found(
          'HiddenArchive',
          `Something newer lies over version ${archive.versionId} of ${archive.key}, a delete marker or another file, since ${entry.stored.hiddenAt.toISOString()}: S3 removes that version within days, unless it is protected. Remove what lies over it.`,
        )
      : []),
    ...(isDamaged(entry)
      ? found(
          'DamagedArchive',
          `${archive.key} is damaged: ${entry.mark?.message ?? entry.mark?.error ?? 'its verification record says so'}`,
        )
      : []),
    ...entry.unreadable.map(unreadableRecord),
    // One whose tag is not the right one yet is not let go yet, whatever the records say: `held` may have been lowered.
    // Nor does S3 let go what it could not copy: NotReplicated tells of that.
    ...(!around.untagged.has(archive.key) &&
    !isHeldByReplication(view.heads.get(entry)) &&
    isOverdue(decision, around.replaced, policy, view.now)
      ? found(
          'OverdueArchive',
          `${archive.key} should have expired by now (expire=${decision.expire}). Are the lifecycle rules of the bucket there and enabled? A folder has none: offsite retention expire.`,
        )
      : []),
  ];
}

function unreadableRecord(record: Unreadable): Finding {
  const kind = OF_FAULT[record.fault];
  return { kind, about: record.key, message: unreadableText(record) };
}

function missing({ objects, now }: Observed, decision: Decision, policy: RetentionPolicy): Finding[] {
  const { archive } = decision.entry.manifest;
  const other = objects.find(({ key, versionId }) => key === archive.key && isVersion(versionId, archive.versionId));
  if (other) {
    const message = `${archive.key} has ${other.size} bytes in storage; its manifest says ${archive.size}. Verify it, and do not rely on it.`;
    return [{ kind: 'ArchiveChanged', about: archive.key, message }];
  }
  if (mayBeGone(decision, policy, now)) return [];
  const message = `Version ${archive.versionId} of ${archive.key} is missing before its time (expire=${decision.expire}). Find out which program removed it. It cannot be restored from here any more.`;
  return [{ kind: 'MissingArchive', about: archive.key, message }];
}

function changed({ heads }: Observed, { entry }: Decision): Finding[] {
  const { key, crc32 } = entry.manifest.archive;
  const head = heads.get(entry);
  if (head instanceof OffsiteError) return [{ kind: 'ArchiveChanged', about: key, message: head.message }];
  // Some stores keep no checksum of the whole.
  if (!head || head.crc32 === undefined || head.crc32 === crc32) return [];
  const message = `${key} has CRC-32 ${head.crc32} in storage; its manifest says ${crc32}. Verify it, and do not rely on it.`;
  return [{ kind: 'ArchiveChanged', about: key, message }];
}

/** Of the newest one only: older ones are history, and nobody wants to read about them every day. */
function newestFlagged({ manager, retention }: Observed): Finding[] {
  const newest = retention.decisions.map(({ entry }) => entry).findLast(isRestorable);
  if (!newest || !isFlagged(newest)) return [];
  const { snapshot, flags = [] } = newest.manifest;
  const message = `The newest archive of manager ${manager}, ${snapshot.id}, holds less than those before: ${flags.map(driftText).join(', ')}. Is the manager well? If it should be so: offsite accept ${snapshot.id} --manager ${manager}.`;
  return [{ kind: 'FlaggedArchive', about: snapshot.id, message }];
}

function wrongTags({ manager, retention }: Observed): Finding[] {
  const { tags, holds, refused } = retention.changes;
  return [
    ...refused.map(
      (why): Finding => ({
        kind: 'UnreadableRecord',
        about: manager,
        message: `How long an object of manager ${manager} stays is not known: ${why} Until then nothing of this manager expires.`,
      }),
    ),
    ...tags.map(
      ({ key, from, to }): Finding => ({
        kind: 'WrongTag',
        about: key,
        message: `${key} ${from === null ? 'has no tag "expire"' : `is tagged expire=${from}`} and should be expire=${to}.`,
      }),
    ),
    ...holds.map(
      ({ key, to }): Finding => ({
        kind: 'WrongTag',
        about: key,
        message: `${key} ${to === 'on' ? 'has no legal hold and is to be kept' : 'has a legal hold, and is not protected any more'}.`,
      }),
    ),
  ];
}

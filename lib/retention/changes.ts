import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { ChecksumMismatch, StorageRefused } from '../base/errors.ts';
import type { ExpireTag } from '../config/lifecycle.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import { keysOf } from '../storage/layout.ts';
import type { LegalHold, Protection, Where } from '../storage/protection.ts';
import type { Decision } from './decide.ts';

/** What of storage is read and changed. */
export type ProtectionStore = Pick<Protection, 'tagsOf' | 'tag' | 'legalHold' | 'setLegalHold'>;

/** An object whose tag is not what was decided. */
export interface TagChange extends Where {
  readonly snapshot: string;
  /** As it stands; null: it has none, so no rule sees it. */
  readonly from: string | null;
  readonly to: ExpireTag;
  /** It stays at least as long as before: never wrong to do at once. */
  readonly tightens: boolean;
  /** Tags of others, which stay. */
  readonly others: Readonly<Record<string, string>>;
}

interface HoldChange extends Where {
  readonly snapshot: string;
  readonly to: 'on' | 'off';
}

export interface Changes {
  readonly tags: readonly TagChange[];
  readonly holds: readonly HoldChange[];
  /** What storage did not let us see, as sentences: how long these objects stay is not known. */
  readonly refused: readonly string[];
  /** By snapshot, of those that were looked at: whether storage showed every tag as it was decided. */
  readonly seen: ReadonlyMap<string, boolean>;
}

/** Compares what was decided with what storage has, object by object; changes nothing. */
export async function changesFor(
  decisions: readonly Decision[],
  policy: RetentionPolicy,
  protection: ProtectionStore,
): Promise<Changes> {
  const found = await mapAtMost(REQUESTS_AT_ONCE, decisions, (decision) => changesOfOne(decision, policy, protection));
  return {
    tags: found.flatMap(({ tags }) => tags),
    holds: found.flatMap(({ holds }) => holds),
    refused: found.flatMap(({ refused }) => refused),
    seen: new Map(found.flatMap(({ seen }) => [...seen])),
  };
}

/**
 * The manifest comes first and the archive last. A manifest must outlive its archive: an archive without one is none, and
 * nobody would find it again; a manifest without its archive is seen and told of. So whoever makes them stay longer goes
 * through them in this order, whoever lets them go in the other one, and a kill in between does no harm.
 */
function objectsOf({ entry }: Decision): Where[] {
  const { manager, snapshot, archive } = entry.manifest;
  const { manifest, inspection } = keysOf(manager.id, snapshot.id);
  const bytes = entry.stored ? [{ key: archive.key, versionId: archive.versionId }] : [];
  return [{ key: manifest }, { key: inspection }, ...bytes];
}

async function changesOfOne(
  decision: Decision,
  policy: RetentionPolicy,
  protection: ProtectionStore,
): Promise<Changes> {
  const snapshot = decision.entry.manifest.snapshot.id;
  const tags: TagChange[] = [];
  const holds: HoldChange[] = [];
  const refused: string[] = [];
  // Whose records cannot all be read is not let go: what they say may be what holds it.
  const mayLoosen = decision.entry.unreadable.length === 0;
  let isAsDecided = true;
  for (const where of objectsOf(decision)) {
    const found = await orRefusal(() => protection.tagsOf(where));
    if (typeof found === 'string') refused.push(found);
    isAsDecided &&= found !== undefined && typeof found !== 'string' && found.tags?.['expire'] === decision.expire;
    // Where there are no tags nothing goes by them: `retention expire` goes by the records.
    if (!found || typeof found === 'string' || found.unavailable) continue;
    const version = { key: where.key, versionId: found.versionId };
    const { expire: from = null, ...others } = found.tags;
    const to = decision.expire;
    const tightens = lasts(to, policy) >= lasts(from, policy);
    if (from !== to && (tightens || mayLoosen)) tags.push({ ...version, snapshot, from, to, tightens, others });
    const hold = decision.entry.keep ? await orRefusal(() => protection.legalHold(version)) : 'unavailable';
    const wanted: LegalHold = to === 'kept' ? 'on' : 'off';
    if (hold === 'on' || hold === 'off') {
      if (hold !== wanted && (wanted === 'on' || mayLoosen)) holds.push({ ...version, snapshot, to: wanted });
    } else if (hold !== 'unavailable') refused.push(hold);
  }
  return { tags, holds, refused, seen: new Map([[snapshot, isAsDecided]]) };
}

/**
 * Archives at the same time, the objects of one after another: their order is what makes a kill harmless. Gives sentences
 * about what storage refused. Whatever tightens is tried all the same; nothing is let go after something that should have
 * been let go before it.
 */
export async function applyChanges(
  { tags, holds }: Pick<Changes, 'tags' | 'holds'>,
  protection: ProtectionStore,
): Promise<string[]> {
  const bySnapshot = Map.groupBy(tags, ({ snapshot }) => snapshot);
  const refused = await mapAtMost(REQUESTS_AT_ONCE, [...bySnapshot.values()], async (ofOne) => {
    const why: string[] = [];
    for (const change of ofOne)
      if (change.tightens || why.length === 0) why.push(...(await tagOne(change, protection)));
    return why;
  });
  const unheld: string[] = [];
  for (const { to, ...where } of holds) {
    const why = await orRefusal(() => protection.setLegalHold(where, to));
    if (why !== undefined) unheld.push(why);
  }
  return [...refused.flat(), ...unheld];
}

async function tagOne({ key, versionId, others, to }: TagChange, protection: ProtectionStore): Promise<string[]> {
  const done = await orRefusal(() => protection.tag({ key, versionId }, { ...others, expire: to }));
  if (done === true) return [];
  return [done || `${key} could not be tagged expire=${to}: storage does not find the version whose tags it showed.`];
}

/** The result, or as a sentence why storage refuses this one object; others are not concerned. */
async function orRefusal<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageRefused || error instanceof ChecksumMismatch) return error.message;
    throw error;
  }
}

/** Days that an object with this tag stays. No rule sees one that is held, kept, or not tagged by us at all. */
function lasts(tag: string | null, { days }: RetentionPolicy): number {
  return (Object.hasOwn(days, tag ?? '') ? days[tag as keyof typeof days] : undefined) ?? Number.POSITIVE_INFINITY;
}

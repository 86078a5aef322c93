import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import type { ExpireTag } from '../config/lifecycle.ts';
import type { RetentionPolicy } from '../config/retention.ts';
import { keysOf } from '../storage/layout.ts';
import type { LegalHold, Protection, Where } from '../storage/protection.ts';
import type { Decision } from './decide.ts';

/** What of storage is read and changed. */
export type ProtectionStore = Pick<Protection, 'tagsOf' | 'tag' | 'legalHold' | 'setLegalHold'>;

/** An object whose tag is not what was decided. */
export interface TagChange extends Required<Where> {
  readonly snapshot: string;
  /** As it stands; null: it has none, so no rule sees it. */
  readonly from: string | null;
  readonly to: ExpireTag;
  /** It stays at least as long as before: never wrong to do at once. */
  readonly tightens: boolean;
  /** Tags of others, which stay. */
  readonly others: Readonly<Record<string, string>>;
}

interface HoldChange extends Required<Where> {
  readonly snapshot: string;
  readonly to: 'on' | 'off';
}

export interface Changes {
  readonly tags: readonly TagChange[];
  readonly holds: readonly HoldChange[];
}

/** Compares what was decided with what storage has, object by object; changes nothing. */
export async function changesFor(
  decisions: readonly Decision[],
  policy: RetentionPolicy,
  protection: ProtectionStore,
): Promise<Changes> {
  const found = await mapAtMost(REQUESTS_AT_ONCE, decisions, (decision) => changesOfOne(decision, policy, protection));
  return { tags: found.flatMap(({ tags }) => tags), holds: found.flatMap(({ holds }) => holds) };
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
  for (const where of objectsOf(decision)) {
    const found = await protection.tagsOf(where);
    if (!found) continue;
    const version = { key: where.key, versionId: found.versionId };
    const { expire: from = null, ...others } = found.tags;
    const to = decision.expire;
    const tightens = lasts(to, policy) >= lasts(from, policy);
    if (from !== to) tags.push({ ...version, snapshot, from, to, tightens, others });
    const hold = decision.entry.keep ? await protection.legalHold(version) : 'unavailable';
    const wanted: LegalHold = to === 'kept' ? 'on' : 'off';
    if (hold !== 'unavailable' && hold !== wanted) holds.push({ ...version, snapshot, to: wanted });
  }
  return { tags, holds };
}

/** Archives at the same time, the objects of one after another: their order is what makes a kill harmless. */
export async function applyChanges({ tags, holds }: Changes, protection: ProtectionStore): Promise<void> {
  const bySnapshot = Map.groupBy(tags, ({ snapshot }) => snapshot);
  await mapAtMost(REQUESTS_AT_ONCE, [...bySnapshot.values()], async (ofOne) => {
    for (const { key, versionId, others, to } of ofOne)
      await protection.tag({ key, versionId }, { ...others, expire: to });
  });
  for (const { to, ...where } of holds) await protection.setLegalHold(where, to);
}

/** Days that an object with this tag stays. No rule sees one that is held, kept, or not tagged by us at all. */
function lasts(tag: string | null, { days }: RetentionPolicy): number {
  return (Object.hasOwn(days, tag ?? '') ? days[tag as keyof typeof days] : undefined) ?? Number.POSITIVE_INFINITY;
}

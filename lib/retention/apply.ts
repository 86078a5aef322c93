import { StorageRefused } from '../base/errors.ts';
import { limitGarbage } from '../base/memory.ts';
import { type Catalogue, type CatalogueStore, readCatalogue } from '../catalogue/catalogue.ts';
import { fingerprintNow } from '../catalogue/list-records.ts';
import { turnsOf } from '../catalogue/turns.ts';
import { changesIndex, updateIndex, type WriteIndexDeps } from '../catalogue/write-index.ts';
import type { Deps } from '../deps.ts';
import { applyChanges, type Changes, changesFor, type ProtectionStore, type TagChange } from './changes.ts';
import { type Decision, decide } from './decide.ts';
import { nextRows, type Recorded } from './index-rows.ts';

/** What retention works with; the bucket is one of these. */
export interface RetentionUse extends Pick<Deps, 'clock' | 'rulesOf'> {
  readonly archive: CatalogueStore & { readonly protection: ProtectionStore };
}

/** Applying it writes the index of archives as well. */
export type ApplyRetentionUse = RetentionUse & WriteIndexDeps;

export interface Applied {
  readonly decisions: readonly Decision[];
  /** What was not as decided, and is now. */
  readonly changed: readonly TagChange[];
  /** What storage did not do, or did not let us see, as sentences. As long as there is any, nothing is let go. */
  readonly refused: readonly string[];
  /** False: records kept changing while we worked. Whoever changed them applies it again, and so does the next run. */
  readonly settled: boolean;
}

/** Somebody else records, marks or keeps now and then, not all the time. */
const ROUNDS = 4;

/**
 * Gives every archive of a manager the tag that it should have: after a run was recorded, after a scrub wrote a mark,
 * after somebody kept one, and once a day in any case. Done again it changes nothing; killed anywhere, done again it
 * comes to the same.
 *
 * What may be gone from some time on is written into the index before it is let go: so what is missing is told from what
 * has expired. As long as the index cannot be relied on, or not be written, nothing is let go.
 *
 * First whatever has to stay longer is made to, only then something is let go, and only if nothing was recorded since we
 * looked. If something was recorded while we worked, we look again: so of several at once the last one to end has seen all.
 */
export async function applyRetention(manager: string, deps: ApplyRetentionUse, recorded?: Recorded): Promise<Applied> {
  const changed: TagChange[] = [];
  let decisions: readonly Decision[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const look = await readRetention(manager, deps);
    decisions = look.decisions;
    const doubts = look.catalogue.index.doubts.map(({ why }) => why);
    const isHeldBack = deps.rulesOf(manager).isAssumed === true || doubts.length > 0;
    const { tags, holds, refused } = isHeldBack ? onlyTighter(look.changes) : look.changes;
    const tighter = tags.filter(({ tightens }) => tightens);
    limitGarbage();
    const untightened = await applyChanges({ tags: tighter, holds: [] }, deps.archive.protection);
    changed.push(...tighter);
    const unchanged = async () => (await fingerprintNow(manager, deps.archive.records)) === look.fingerprint;
    if (tighter.length > 0 && !(await unchanged())) continue;
    const unsafe = [...refused, ...untightened, ...doubts];
    const mayLoosen = unsafe.length === 0 && !isHeldBack;
    const unwritten = await writeIndex(manager, { look, mayLoosen, recorded }, deps);
    if (unsafe.length > 0 || unwritten.length > 0) {
      const on = holds.filter(({ to }) => to === 'on');
      const unheld = await applyChanges({ tags: [], holds: on }, deps.archive.protection);
      return { decisions, changed, refused: [...unsafe, ...unwritten, ...unheld], settled: true };
    }
    const looser = tags.filter(({ tightens }) => !tightens).reverse();
    if (looser.length === 0 && holds.length === 0) return { decisions, changed, refused, settled: true };
    if (!(await unchanged())) continue;
    // A hold that is released after the tag may be forgotten: once S3 has hidden the manifest, nobody finds it again.
    const unheld = await applyChanges({ tags: [], holds }, deps.archive.protection);
    const loosened = unheld.length > 0 ? [] : looser;
    const unloosened = await applyChanges({ tags: loosened, holds: [] }, deps.archive.protection);
    changed.push(...loosened);
    const left = [...unheld, ...unloosened];
    if (left.length > 0 || (await unchanged())) return { decisions, changed, refused: left, settled: true };
  }
  return { decisions, changed, refused: [], settled: false };
}

function onlyTighter({ tags, holds, ...rest }: Changes): Changes {
  return { ...rest, tags: tags.filter(({ tightens }) => tightens), holds: holds.filter(({ to }) => to === 'on') };
}

interface IndexWish {
  readonly look: RetentionView;
  readonly mayLoosen: boolean;
  readonly recorded: Recorded | undefined;
}

/** Gives why the index is not as it should be, as sentences. Nothing is asked of storage when it is. */
async function writeIndex(
  manager: string,
  { look: { catalogue, decisions, changes }, mayLoosen, recorded }: IndexWish,
  deps: ApplyRetentionUse,
): Promise<string[]> {
  const { index } = catalogue;
  if (index.doubts.length > 0) return [];
  const policy = deps.rulesOf(manager).retention;
  const facts = { catalogue, decisions, policy, now: deps.clock.now(), mayLoosen, recorded };
  if (!changesIndex(index, nextRows(index.rows, facts))) return [];
  limitGarbage();
  const { seen } = changes;
  try {
    const snapshots = decisions.map(({ entry }) => entry.manifest.snapshot.id);
    const result = await updateIndex({ manager, snapshots }, (rows) => nextRows(rows, { ...facts, seen }), deps, index);
    if (result === 'busy') return [`The index of the archives of manager ${manager} kept changing meanwhile.`];
    return result.map(({ why }) => why);
  } catch (error) {
    if (error instanceof StorageRefused) return [`The index of archives was not written: ${error.message}`];
    throw error;
  }
}

export interface RetentionView {
  readonly decisions: readonly Decision[];
  readonly changes: Changes;
  readonly catalogue: Omit<Catalogue, 'entries' | 'fingerprint'>;
  readonly fingerprint: string;
}

/** What `applyRetention` would do, without doing it. */
export async function readRetention(manager: string, deps: RetentionUse): Promise<RetentionView> {
  const now = deps.clock.now();
  const { entries, fingerprint, ...catalogue } = await readCatalogue(manager, deps, { byIndex: now });
  const rules = deps.rulesOf(manager);
  limitGarbage();
  const decisions = decide(entries, rules, now);
  limitGarbage();
  const looked = lookedAt(decisions, catalogue.index, now);
  const changes = await changesFor(looked, rules.retention, deps.archive.protection);
  return { decisions, changes, catalogue, fingerprint };
}

/** Of so many the tags are looked at whenever somebody looks: three requests for each. */
const NEWEST = 100;

/** Those whose tags are not known to be as decided, and those whose turn it is. */
function lookedAt(decisions: readonly Decision[], { rows, doubts }: Catalogue['index'], today: Date): Decision[] {
  const idOf = ({ entry }: Decision) => entry.manifest.snapshot.id;
  const turns = turnsOf(decisions.map(idOf), { newest: NEWEST, today });
  return decisions.filter((decision) => {
    const { entry, expire } = decision;
    const isKnown = rows.get(idOf(decision))?.tagged === expire && doubts.length === 0;
    return !isKnown || entry.keep !== null || entry.unreadable.length > 0 || turns.has(idOf(decision));
  });
}

import { type Catalogue, type CatalogueStore, fingerprintNow, readCatalogue } from '../catalogue/catalogue.ts';
import type { Deps } from '../deps.ts';
import { applyChanges, type Changes, changesFor, type ProtectionStore, type TagChange } from './changes.ts';
import { type Decision, decide } from './decide.ts';

/** What retention works with; the bucket is one of these. */
export interface RetentionUse extends Pick<Deps, 'clock' | 'rulesOf'> {
  readonly archive: CatalogueStore & { readonly protection: ProtectionStore };
}

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
 * First whatever has to stay longer is made to, only then something is let go, and only if nothing was recorded since we
 * looked. If something was recorded while we worked, we look again: so of several at once the last one to end has seen all.
 */
export async function applyRetention(manager: string, deps: RetentionUse): Promise<Applied> {
  const changed: TagChange[] = [];
  let decisions: readonly Decision[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const look = await readRetention(manager, deps);
    decisions = look.decisions;
    const { tags, holds, refused } = deps.rulesOf(manager).isAssumed ? onlyTighter(look.changes) : look.changes;
    if (tags.length === 0 && holds.length === 0) return { decisions, changed, refused, settled: true };
    const unchanged = async () => (await fingerprintNow(manager, deps)) === look.fingerprint;
    const tighter = tags.filter(({ tightens }) => tightens);
    const untightened = await applyChanges({ tags: tighter, holds: [] }, deps.archive.protection);
    changed.push(...tighter);
    if (!(await unchanged())) continue;
    const unsafe = [...refused, ...untightened];
    if (unsafe.length > 0) {
      const unheld = await applyChanges(
        { tags: [], holds: holds.filter(({ to }) => to === 'on') },
        deps.archive.protection,
      );
      return { decisions, changed, refused: [...unsafe, ...unheld], settled: true };
    }
    const looser = tags.filter(({ tightens }) => !tightens).reverse();
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

function onlyTighter({ tags, holds, refused }: Changes): Changes {
  return { refused, tags: tags.filter(({ tightens }) => tightens), holds: holds.filter(({ to }) => to === 'on') };
}

export interface RetentionView {
  readonly decisions: readonly Decision[];
  readonly changes: Changes;
  readonly unreadable: Catalogue['unreadable'];
  readonly fingerprint: string;
}

/** What `applyRetention` would do, without doing it. */
export async function readRetention(manager: string, deps: RetentionUse): Promise<RetentionView> {
  const { entries, unreadable, fingerprint } = await readCatalogue(manager, deps);
  const rules = deps.rulesOf(manager);
  const decisions = decide(entries, rules, deps.clock.now());
  const changes = await changesFor(decisions, rules.retention, deps.archive.protection);
  return { decisions, changes, unreadable, fingerprint };
}

import { days } from '../base/durations.ts';
import { OffsiteError } from '../base/errors.ts';
import { retryOrError } from '../base/retry.ts';
import { readCatalogue } from '../catalogue/catalogue.ts';
import { type Entry, isAccepted, isFlagged, readyAt } from '../catalogue/entry.ts';
import type { ManifestFilter } from '../catalogue/list-records.ts';
import { newestOnly } from '../catalogue/newest.ts';
import type { Flag, InspectionRecord } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';

/** What people would miss: a manager that lost half of one of these has had an accident, or a large clean-up. */
const WATCHED = ['tenants', 'users', 'blueprints', 'deployments', 'plugins', 'secrets'] as const;

/** Of so many the one in the middle: a single odd run before does not count, in either direction. */
const COMPARED_WITH = 3;
/** So many runs in a row that agree are the new normal, without anybody having said so: a week to notice it. */
export const NEW_NORMAL_RUNS = 7;
/**
 * Those before this run lie so far apart at least, in ms: five days, and half of one for runs that are late. Somebody who
 * runs an export seven times in an hour to see what is wrong has given nobody a week.
 */
const NEW_NORMAL_MS = days(4.5);

/** What of an archive is compared: items by type, and bytes. */
interface Content {
  readonly totals: Readonly<Record<string, number>>;
  readonly size: number;
}

const contentOf = ({ manifest }: Entry): Content => ({
  totals: manifest.inventory.totals,
  size: manifest.archive.size,
});

/**
 * What is so much less in this run than in the archives before that somebody should look, `percent` being how much less. Only
 * falls: a manager may grow. `before`: the oldest first.
 */
export function driftOf(current: Content, before: readonly Entry[], percent: number): Flag[] {
  const falls = fallsFrom(baselineOf(before).map(contentOf), current, percent);
  return falls.length > 0 && isNewNormal(current, before, percent) ? [] : falls;
}

/** The runs before were all odd, for a week, and this one is like each of them: then it is how things are now. */
function isNewNormal(current: Content, before: readonly Entry[], percent: number): boolean {
  const agrees = (entry: Entry) => isFlagged(entry) && fallsFrom([contentOf(entry)], current, percent).length === 0;
  const recent = before.slice(before.findLastIndex((entry) => !agrees(entry)) + 1);
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last || recent.length < NEW_NORMAL_RUNS - 1) return false;
  return readyAt(last) - readyAt(first) >= NEW_NORMAL_MS;
}

/**
 * The newest that nothing is odd about, three at most; none from before the content was accepted as it is, by a person or
 * by a week of runs that agreed.
 */
function baselineOf(before: readonly Entry[]): Entry[] {
  const baseline: Entry[] = [];
  let odd = 0;
  for (const entry of [...before].reverse()) {
    if (isFlagged(entry)) {
      odd += 1;
      continue;
    }
    if (baseline.length > 0 && odd >= NEW_NORMAL_RUNS - 1) break;
    odd = 0;
    baseline.push(entry);
    if (baseline.length === COMPARED_WITH || isAccepted(entry)) break;
  }
  return baseline;
}

function fallsFrom(baseline: readonly Content[], current: Content, percent: number): Flag[] {
  if (baseline.length === 0) return [];
  const compared = [
    ...WATCHED.map((type) => [type, (content: Content) => content.totals[type] ?? 0] as const),
    ['size', (content: Content) => content.size] as const,
  ];
  return compared.flatMap(([type, of]) => {
    const before = middle(baseline.map(of));
    const now = of(current);
    const fell = before > 0 && (now === 0 || now < before * (1 - percent / 100));
    return fell ? [{ kind: 'drift' as const, type, before, now, percent: percentOf(before, now) }] : [];
  });
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

function percentOf(before: number, now: number): number {
  return Math.round(((before - now) / before) * 1000) / 10;
}

/**
 * The flags of the archive that is about to be recorded. A store that cannot list, for whatever reason, must not cost a
 * verified archive: then there are none, and the log says why.
 */
export async function flagsOf(
  { manager, snapshot }: { readonly manager: string; readonly snapshot: string },
  { inventory }: InspectionRecord,
  size: number,
  deps: Pick<Deps, 'archive' | 'rulesOf' | 'log' | 'clock' | 'signal'>,
): Promise<Flag[]> {
  const before = await retryOrError(() => archivesBefore(manager, snapshot, deps), deps);
  if (before instanceof OffsiteError) {
    if (deps.signal.aborted) throw before;
    deps.log.warn(`The content could not be compared with earlier archives: ${before.message}`, {
      manager,
      snapshot,
      error: before.name,
    });
    return [];
  }
  return driftOf({ totals: inventory.totals, size }, before, deps.rulesOf(manager).driftPercent);
}

/** Read first: with three among them that nothing is odd about, or one accepted, older ones change nothing. */
const NEWEST = 30;

/** Those that a run is compared with, and not all: reading 10,000 manifests takes as long as the rest of an export. */
async function archivesBefore(manager: string, snapshot: string, deps: Pick<Deps, 'archive'>): Promise<Entry[]> {
  const others = async (choose?: ManifestFilter) =>
    (await readCatalogue(manager, deps, { choose, byIndex: true })).entries.filter(
      ({ manifest }) => manifest.snapshot.id !== snapshot,
    );
  let isAll = false;
  const newest = await others((all) => {
    const chosen = newestOnly(NEWEST)(all);
    isAll = chosen.length === all.length;
    return chosen;
  });
  const baseline = baselineOf(newest);
  const isEnough = isAll || baseline.length === COMPARED_WITH || baseline.some(isAccepted);
  return isEnough ? newest : await others();
}

/** `deployments from 12 to 0 (100 % less)` */
export function driftText({ type, before, now, percent }: Flag): string {
  return `${type} from ${before} to ${now} (${percent} % less)`;
}

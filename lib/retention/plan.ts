import { type Entry, isDamaged, isFlagged, isStored } from '../catalogue/entry.ts';
import type { ExpireTag } from '../config/lifecycle.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import type { RetentionClass, RetentionPolicy } from '../config/retention.ts';
import { storageClassAt } from './expiry.ts';
import { type Fate, forecast, type Question } from './forecast.ts';
import { monthlyCost, PRICES } from './prices.ts';
import { whyText } from './reasons.ts';

type Rules = Pick<ManagerRules, 'timeZone' | 'retention'>;

/** One archive of the plan; `docs/reference/retention-plan.md` explains each field. */
export interface PlannedArchive {
  readonly snapshot: string;
  /** ISO time of its content. */
  readonly takenAt: string;
  readonly size: number;
  readonly is: 'good' | 'flagged' | 'damaged' | 'gone';
  readonly class: RetentionClass;
  readonly expire: ExpireTag;
  readonly why: string;
  /** ISO times, null: nothing lets it go. Times in the past are those of what has happened by then. */
  readonly hiddenAt: string | null;
  readonly goneAt: string | null;
  readonly storageClass: string;
  /** USD. */
  readonly monthlyCost: number;
  /** Of a run that is yet to come, made up. */
  readonly isFuture: boolean;
}

/** What a changed configuration would make of one archive; null: it is gone by then. */
export interface PlannedChange {
  readonly snapshot: string;
  readonly now: Pick<PlannedArchive, 'expire' | 'hiddenAt' | 'goneAt'> | null;
  readonly changed: Pick<PlannedArchive, 'expire' | 'hiddenAt' | 'goneAt'> | null;
}

export interface RetentionPlan {
  readonly manager: string;
  readonly at: string;
  readonly nightly: boolean;
  readonly timeZone: string;
  readonly policy: RetentionPolicy;
  readonly archives: readonly PlannedArchive[];
  /** Those of today that are gone by then. */
  readonly gone: readonly string[];
  readonly totals: { readonly bytes: number; readonly monthlyCost: number };
  readonly prices: { readonly region: string; readonly asOf: string; readonly currency: string };
}

/** What each archive is at some time, why it stays, when S3 lets it go, and what a month costs. Reads nothing, changes nothing. */
export function planOf(manager: string, entries: readonly Entry[], rules: Rules, question: Question): RetentionPlan {
  const { left, gone } = forecast(entries, rules, question);
  question.pause?.();
  const archives = left.map((fate) => planned(fate, rules, question.at));
  const sum = (of: (one: PlannedArchive) => number) => archives.reduce((total, one) => total + of(one), 0);
  const { region, asOf, currency } = PRICES;
  return {
    manager,
    at: question.at.toISOString(),
    nightly: question.nightly,
    timeZone: rules.timeZone,
    policy: rules.retention,
    archives,
    gone: gone.filter(({ isFuture }) => !isFuture).map(({ entry }) => entry.manifest.snapshot.id),
    totals: { bytes: sum((one) => one.size), monthlyCost: round(sum((one) => one.monthlyCost)) },
    prices: { region, asOf, currency },
  };
}

function planned(fate: Fate, { retention }: Rules, at: Date): PlannedArchive {
  const { entry, expiry, expire } = fate;
  const { manifest, stored } = entry;
  const size = stored?.size ?? 0;
  const storageClass = stored ? storageClassAt(stored, expire, retention, at) : 'none';
  return {
    snapshot: manifest.snapshot.id,
    takenAt: manifest.times.snapshotReady,
    size,
    is: !isStored(entry) ? 'gone' : isDamaged(entry) ? 'damaged' : isFlagged(entry) ? 'flagged' : 'good',
    class: fate.class,
    expire,
    why: whyText(fate, retention),
    hiddenAt: expiry?.hiddenAt.toISOString() ?? null,
    goneAt: expiry?.goneAt.toISOString() ?? null,
    storageClass,
    monthlyCost: round(monthlyCost(size, storageClass)),
    isFuture: fate.isFuture,
  };
}

/** To a hundredth of a cent. */
const round = (dollars: number) => Math.round(dollars * 10_000) / 10_000;

/** What differs between two plans of the same archives for the same time. */
export function changesBetween(now: RetentionPlan, changed: RetentionPlan): PlannedChange[] {
  const ids = [...now.archives, ...changed.archives].map(({ snapshot }) => snapshot);
  const byId = ({ archives }: RetentionPlan) => new Map(archives.map((one) => [one.snapshot, one]));
  const [today, later] = [byId(now), byId(changed)];
  const of = (archives: ReadonlyMap<string, PlannedArchive>, id: string) => {
    const found = archives.get(id);
    return found ? { expire: found.expire, hiddenAt: found.hiddenAt, goneAt: found.goneAt } : null;
  };
  return [...new Set(ids)]
    .sort()
    .map((snapshot) => ({ snapshot, now: of(today, snapshot), changed: of(later, snapshot) }))
    .filter((one) => JSON.stringify(one.now) !== JSON.stringify(one.changed));
}

import type { Article } from '../../base/runbook.ts';
import { type Entry, isDamaged, isFlagged, isStored } from '../../catalogue/entry.ts';
import { unreadableText } from '../../catalogue/unreadable-text.ts';
import { type FINDINGS, OF_DOUBT, OF_FAULT } from '../../reconcile/findings.ts';
import type { Expected } from '../../status/expected.ts';
import type { ManagerStatus } from '../../status/status.ts';
import type { ManagerFacts } from '../facts/manager-facts.ts';
import type { RestoreFact, UnreadableEvidence } from '../facts/restore-facts.ts';
import type { Run } from './runs.ts';

/** Something that a person should look at, in one sentence, and where the runbook says what to do. */
export interface ReportFinding {
  /** As reconciliation names it, where it knows such a thing. */
  readonly kind: keyof typeof FINDINGS | 'FailedRun' | 'FailedRestoreTest' | 'OddSchedule' | 'FailedReplication';
  /** `critical`: the manager is not protected as long as it is so. */
  readonly weight: 'critical' | 'warning';
  readonly message: string;
  readonly article: Article;
  readonly about: string;
}

interface Seen {
  readonly facts: ManagerFacts;
  readonly status: ManagerStatus;
  readonly expected: Pick<Expected, 'oddities' | 'isBroken'>;
  readonly runs: readonly Run[];
  readonly restores: readonly RestoreFact[];
  readonly evidence: readonly UnreadableEvidence[];
}

/** What is open now, the weightiest first: old nights that failed and were made good are history, not findings. */
export function findingsOf(seen: Seen): ReportFinding[] {
  const all = [
    ...ofArchives(seen),
    ...ofSchedule(seen),
    ...ofReplication(seen),
    ...ofRecords(seen.facts),
    ...ofRuns(seen),
    ...ofRestores(seen.restores),
    ...ofEvidence(seen.evidence),
  ];
  return all.sort((a, b) => Number(b.weight === 'critical') - Number(a.weight === 'critical'));
}

function ofArchives({ facts, status }: Seen): ReportFinding[] {
  const { archive, stale } = status;
  const none: ReportFinding[] =
    archive === null && status.needsAttention
      ? [
          {
            ...{ kind: 'NoVerifiedArchive', weight: 'critical', article: 'no-verified-archive', about: facts.manager },
            message: 'There is no archive that could be restored.',
          },
        ]
      : [];
  const old: ReportFinding[] =
    archive !== null && stale
      ? [
          {
            ...{
              kind: 'NoVerifiedArchive',
              weight: 'critical',
              article: 'no-verified-archive',
              about: archive.snapshot,
            },
            message: `The newest archive is ${wholeHours(archive.ageSeconds)} old, older than its target allows.`,
          },
        ]
      : [];
  const newest = facts.entries.at(-1);
  const bad = facts.entries.filter((entry) => isDamaged(entry) || !isStored(entry));
  const damaged = bad.map((entry): ReportFinding => {
    const id = entry.manifest.snapshot.id;
    const kind = isDamaged(entry) ? 'DamagedArchive' : 'MissingArchive';
    const what = isDamaged(entry)
      ? `Archive ${id} is damaged: ${entry.mark?.message ?? 'its verification failed'}`
      : `Archive ${id} has a manifest, and its stored object is ${entry.missing ?? 'gone'}.`;
    return {
      kind,
      weight: entry === newest ? 'critical' : 'warning',
      message: what,
      article: 'an-archive-is-damaged',
      about: id,
    };
  });
  return [...none, ...old, ...damaged, ...ofContent(newest)];
}

function ofContent(newest: Entry | undefined): ReportFinding[] {
  if (!newest || !isFlagged(newest) || !isStored(newest)) return [];
  const message = flagText(newest.manifest.flags ?? []);
  const about = newest.manifest.snapshot.id;
  return [{ kind: 'FlaggedArchive', weight: 'warning', article: 'content-has-dropped', about, message }];
}

function flagText(flags: readonly { type: string; before: number; now: number }[]): string {
  const falls = flags.slice(0, 3).map(({ type, before, now }) => `${type} ${before} → ${now}`);
  return `The newest archive holds much less than those before it: ${falls.join(', ')}.`;
}

/** What the scheduler says against the configuration, where it was asked. */
function ofSchedule({ facts, expected }: Seen): ReportFinding[] {
  return expected.oddities.map((oddity): ReportFinding => {
    const weight = expected.isBroken ? 'critical' : 'warning';
    const message = `Its schedule: ${oddity}.`;
    return { kind: 'OddSchedule', weight, message, article: 'a-schedule-could-not-start', about: facts.manager };
  });
}

function ofReplication({ status: { archive } }: Seen): ReportFinding[] {
  if (archive?.replication !== 'FAILED') return [];
  const message = `The copy of archive ${archive.snapshot} in the second bucket has failed.`;
  const article = 'reconciliation-found-something';
  return [{ kind: 'FailedReplication', weight: 'warning', message, article, about: archive.snapshot }];
}

/** Somebody has forged or removed one: critical. The index is what tells of that, so it is critical to have none. */
function ofRecords({ unreadable, doubts }: ManagerFacts): ReportFinding[] {
  const records = unreadable.map((one): ReportFinding => {
    const isDone = one.isForged || one.fault === 'missing';
    const article = isDone ? 'a-record-is-forged' : 'reconciliation-found-something';
    const weight = isDone ? 'critical' : 'warning';
    return { kind: OF_FAULT[one.fault], weight, message: unreadableText(one), article, about: one.key };
  });
  const index = doubts.map(({ fault, key, why }): ReportFinding => {
    const article = fault === 'unreadable' ? 'reconciliation-found-something' : 'a-record-is-forged';
    return { kind: OF_DOUBT[fault], weight: 'critical', message: why, article, about: key };
  });
  return [...records, ...index];
}

/** The last run, and slots without an archive since the newest good one: those before it nobody can do anything about. */
function ofRuns({ runs, status, facts }: Seen): ReportFinding[] {
  const since = status.archive?.takenAt ?? '';
  const open = runs.filter(({ at }) => at > since);
  const missing = open.filter(({ state }) => state === 'missing');
  const last = facts.lastRun;
  const failed: ReportFinding[] =
    last && ['failed', 'lost', 'unreadable'].includes(last.state)
      ? [
          {
            ...{ kind: 'FailedRun', weight: 'warning', article: 'an-execution-did-not-end-well', about: last.snapshot },
            message: `The last run failed with ${last.error ?? 'an error that is not recorded'}${last.message ? `: ${last.message}` : '.'}`,
          },
        ]
      : [];
  if (missing.length === 0) return failed;
  const message = `${missing.length} scheduled ${missing.length === 1 ? 'run was' : 'runs were'} never started since the newest archive, the last one due ${missing.at(-1)?.at}.`;
  const article = 'a-schedule-could-not-start';
  return [
    ...failed,
    { kind: 'MissingNight', weight: 'warning', message, article, about: missing.at(-1)?.snapshot ?? '' },
  ];
}

function ofRestores(restores: readonly RestoreFact[]): ReportFinding[] {
  const lastTest = restores.findLast(({ isDrill }) => isDrill);
  if (!lastTest || lastTest.state === 'succeeded') return [];
  const message = `The last restore test ${lastTest.state === 'partial' ? 'left differences' : 'failed'}: ${lastTest.message}`;
  const article = lastTest.state === 'partial' ? 'a-restore-left-differences' : 'a-restore-failed';
  return [{ kind: 'FailedRestoreTest', weight: 'warning', message, article, about: lastTest.restore }];
}

/** A restore report that proves nothing. No archive depends on it, so its manager is as protected as before. */
export function ofEvidence(evidence: readonly UnreadableEvidence[]): ReportFinding[] {
  return evidence.map(({ key, why, isForged }): ReportFinding => {
    const article = isForged ? 'a-record-is-forged' : 'reconciliation-found-something';
    const message = `The restore report ${key} proves nothing: ${why}`;
    return { kind: OF_FAULT[isForged ? 'edited' : 'unreadable'], weight: 'warning', message, article, about: key };
  });
}

const wholeHours = (seconds: number) => `${Math.floor(seconds / 3600)} h`;

import type { PlannedRestore, RestoreResult } from '../../local/restore.ts';
import type { Difference, RestoreReport } from '../../restore/course.ts';
import type { RestoreEvidence } from '../../restore/prove/evidence-record.ts';
import { formatAge, formatBytes, formatSeconds, type Terminal } from '../usage.ts';
import { evidenceRows } from './evidence-text.ts';
import { localTime, withLocalTimes } from './local-time.ts';
import { holdsOf } from './report-text.ts';
import { methodText, noteLines, rowsText, secondsBetween, type TextRow } from './rows.ts';

export interface Around {
  /** Where the bucket is to be found. */
  readonly place: string;
  /** What is recorded of the restore, if it can be read. */
  readonly evidence: RestoreEvidence | undefined;
  /** Whose clocks times are shown on. */
  readonly clocks: Pick<Terminal, 'timeZone'>;
}

/** Restored as asked, or a dry run that nothing speaks against. */
export function isGood(result: RestoreResult): boolean {
  return result.outcome === 'planned' ? result.plan.refusals.length === 0 : result.error === null;
}

/** What a person reads at the end of a dry run, or of a restore that is good. */
export function describeRestore(result: RestoreResult, around: Around): string {
  const text = result.outcome === 'planned' ? planText(result, around) : successText(result, around);
  return withLocalTimes(text, around.clocks);
}

/** And of one that is not, or of a dry run that something speaks against. */
export function failureText(result: RestoreResult, { place, clocks }: Around): string {
  if (result.outcome === 'planned') {
    const refusals = result.plan.refusals.map(({ error, message }) => `offsite: ${error}: ${message}\n`);
    return withLocalTimes(refusals.join(''), clocks);
  }
  const { error, message, differences, notes, evidence } = result;
  const lines = [
    ...differenceRows(differences).map(([, text]) => text),
    ...notes,
    ...(evidence === null ? [] : [`Restore report: ${place}/${evidence}`]),
  ];
  return withLocalTimes(`offsite: ${error}: ${message}\n${noteLines(lines)}`, clocks);
}

/** `2 tenants, 3 users`: what there is any of. */
export function holdsText(totals: Readonly<Record<string, number>>): string {
  return holdsOf(totals, (count) => count > 0) || 'nothing that is counted';
}

/** `offsite-… of manager prod, taken 2026-11-30 02:00 UTC, 22 h 05 min old, 256.0 MiB` */
export function archiveText({ run, selection }: PlannedRestore, clocks: Around['clocks']): string {
  const { snapshot, manager, size, takenAt, format, snapshotVersion } = selection;
  const name = snapshot === null ? 'the archive at the URL' : `${snapshot} of manager ${manager}`;
  const age =
    takenAt === null
      ? ''
      : `taken ${localTime(takenAt, clocks)}, ${formatAge(secondsBetween(takenAt, run.startedAt))} old, `;
  return `${name}, ${age}${formatBytes(size)}, ${format} format of ${snapshotVersion}`;
}

function planText(planned: PlannedRestore, { clocks }: Around): string {
  const { run, selection, plan } = planned;
  const { target, estimate } = plan;
  const otherwise = plan.mayStream && plan.method === 'url' ? ', streamed if that fails' : '';
  const times = `${formatSeconds(estimate.uploadSeconds)} for the upload, ${formatSeconds(estimate.restoreSeconds)} for the restore (${estimate.basis})`;
  return rowsText([
    ['Planned', `a restore of manager ${run.manager}; nothing was changed`],
    ['Manager', `Cloudify ${run.version} ${run.edition} at ${run.node}, maintenance mode ${target.maintenance}`],
    ['Archive', archiveText(planned, clocks)],
    ['Target', target.isEmpty ? 'empty' : `holds ${holdsText(target.totals)}`],
    ['Method', `${methodText(plan.method)}${otherwise}`],
    ['Estimate', times],
    ...[...selection.notes, ...plan.notes, ...plan.afterwards].map((note): TextRow => ['Note', note]),
    ...plan.refusals.map(({ error, message }): TextRow => ['Refused', `${error}: ${message}`]),
  ]);
}

function successText(report: RestoreReport, { place, evidence, clocks }: Around): string {
  const { manager, archive, rtoSeconds } = report;
  return rowsText([
    ['Restored', `manager ${manager} from ${archive?.key ? `${place}/${archive.key}` : 'the archive at the URL'}`],
    ...(evidence ? evidenceRows(evidence, clocks) : []),
    ...differenceRows(report.differences),
    ...(rtoSeconds === null ? [] : [['RTO', `${formatSeconds(rtoSeconds)} from the start to the proof`] as TextRow]),
    ...(report.evidence === null ? [] : [['Report', `${place}/${report.evidence}`] as TextRow]),
    ...report.notes.map((note): TextRow => ['Note', note]),
  ]);
}

/** More than anybody reads stands in the evidence. */
const MAX_SHOWN = 10;

function differenceRows(differences: readonly Difference[]): TextRow[] {
  const rows = differences.slice(0, MAX_SHOWN).map(({ tenant, type, archive, manager }): TextRow => {
    const where = tenant === null ? '' : ` in tenant ${tenant}`;
    return ['Differs', `${type}${where}: ${archive} in the archive, ${manager} on the manager`];
  });
  const more = differences.length - rows.length;
  return more > 0 ? [...rows, ['Differs', `and ${more} more, see the restore report`]] : rows;
}

import { compareVersions, isAtLeast } from '../../base/compare-versions.ts';
import { ManagerBusy, type OffsiteError, TargetNotEmpty, TargetUnsuitable } from '../../base/errors.ts';
import { type Content, isEmpty } from '../../manager/content.ts';
import { isGhost, type ListedExecution, RESTORE_WORKFLOW, unstopped } from '../../manager/restore-executions.ts';
import type { RestoreFlag } from '../../manager/restoring.ts';
import type { RestoreInput } from '../input.ts';
import { optionWords } from '../option-words.ts';
import type { Plan, RestoreRun, Selection } from '../state.ts';

/** What is to be done. */
export interface RestoreRequest {
  readonly input: RestoreInput;
  readonly run: RestoreRun;
  readonly selection: Selection;
}

/** The target as it is now. */
export interface Target {
  readonly content: Content;
  readonly active: readonly ListedExecution[];
  /** The newest ones, the oldest first. */
  readonly restores: readonly ListedExecution[];
  readonly flags: readonly RestoreFlag[];
  readonly maintenance: Plan['target']['maintenance'];
  readonly now: Date;
}

/** Executions that nobody will ever run, and those that are in the way. */
export function sortActive({ active, flags }: Target) {
  const ghosts = active.filter((row) => isGhost(row, flags));
  return { ghosts, busy: active.filter((row) => !ghosts.includes(row)) };
}

/** What time will not change comes first: only `ManagerBusy`, the last, is worth another try. */
export function refusalsOf(asked: RestoreRequest, target: Target): OffsiteError[] {
  return [...unsuitable(asked), ...notEmpty(asked, target), ...busy(asked, target)];
}

/**
 * Managers check versions for legacy archives only, and then within the restore, when it has begun (contract.md §7.3); for
 * new ones they check nothing, log what fails, and end well (hazard K10).
 */
function unsuitable({ run, selection }: RestoreRequest): OffsiteError[] {
  const { format, snapshotVersion: from } = selection;
  const refuse = (why: string) => [new TargetUnsuitable(`Manager ${run.manager} (${run.version}) ${why}`)];
  if (format === 'legacy' && !selection.marksLegacy && isAtLeast(from, '7.0.0')) {
    return refuse(
      `would restore nothing of this archive, and no other manager restores it as it is: its metadata.json, as those of community managers, lacks two of the three schema revisions that managers of 7.x look for, and managers of 6.x refuse it as newer than themselves. Choose another archive.`,
    );
  }
  if (compareVersions(run.version, from) < 0) {
    return refuse(
      `is older than the manager that made the archive (${from}). Restore to ${from} or newer, or choose an older archive.`,
    );
  }
  return format === 'legacy' ? unsuitableLegacy(selection, run, refuse) : unsuitableNew(selection, run, refuse);
}

function unsuitableLegacy(
  { snapshotVersion: from, marksLegacy }: Selection,
  { version }: RestoreRun,
  refuse: (why: string) => OffsiteError[],
): OffsiteError[] {
  if (!isAtLeast(from, '4.0.0')) return refuse(`restores no archives older than 4.0, and this one is of ${from}.`);
  if (isAtLeast(version, '7.0.0') && !marksLegacy) {
    return refuse(
      `would take this archive for one of the new format and restore nothing of it: its metadata.json, as those of community managers, lacks two of the three schema revisions that managers of 7.x look for. Restore it to a manager of 6.x.`,
    );
  }
  return [];
}

/** 7.0.0 wrote `mgmt/<type>/<n>.json`; from 7.0.1 it is `mgmt/<n>.json`, and nothing else is read (contract.md §10.2). */
function unsuitableNew(
  { snapshotVersion: from }: Selection,
  { version }: RestoreRun,
  refuse: (why: string) => OffsiteError[],
): OffsiteError[] {
  if (isAtLeast(from, '7.0.1') || !isAtLeast(version, '7.0.1')) return [];
  return refuse(
    `does not know the layout of this archive, which only 7.0.0 wrote and reads, and would restore nothing of it. Restore it to a manager of 7.0.0.`,
  );
}

function notEmpty({ input, run }: RestoreRequest, { content }: Target): OffsiteError[] {
  if (input.force || isEmpty(content)) return [];
  const message = `Manager ${run.manager} is not empty: it holds ${describe(content)}. Restore to a fresh manager, or give ${optionWords.force}; the plan of a dry run shows what that does to what is there.`;
  return [new TargetNotEmpty(message)];
}

/** Restores are refused while anything runs, and each refused one leaves a ghost that blocks more (hazard K12, K25). */
function busy({ run }: RestoreRequest, target: Target): OffsiteError[] {
  const refuse = (why: string) => [new ManagerBusy(`Manager ${run.manager} ${why}`)];
  const { ghosts, busy: rows } = sortActive(target);
  if (target.maintenance === 'activating') {
    const dead = ghosts.map(({ id }) => id).slice(0, 5);
    const why = dead.length > 0 ? `, and no worker will ever run ${dead.join(', ')}: set that to cancelled` : '';
    return refuse(
      `is entering maintenance mode and takes no restore meanwhile. It waits for executions to end${why}. Or deactivate maintenance mode.`,
    );
  }
  const unstoppedOne = unstopped(target.restores, target.flags);
  if (unstoppedOne) return refuse(whyUnstopped(run, unstoppedOne, target.flags));
  if (rows.length === 0) {
    // The end of a restore takes its own node's flag away; another's would stay, and nobody could tell how it ended.
    const stuck = run.nodes.known > 1 ? stuckFlagAdvice(run, target) : undefined;
    return stuck ? refuse(`would not show how a restore ends: ${stuck}`) : [];
  }
  const shown = rows.slice(0, 5).map((row) => `${row.workflowId} ${row.id} (${row.status})`);
  const more = rows.length > shown.length ? ` and ${rows.length - shown.length} more` : '';
  const flag = rows.every((row) => row.workflowId === RESTORE_WORKFLOW && row.status === 'pending')
    ? stuckFlagAdvice(run, target)
    : undefined;
  return refuse(
    `accepts no restore while executions run: ${shown.join(', ')}${more}. ${flag ?? 'Run again when they have ended.'}`,
  );
}

/** For a sentence about the manager. */
export function whyUnstopped(
  { version }: Pick<RestoreRun, 'version'>,
  { id, status }: ListedExecution,
  flags: readonly RestoreFlag[],
): string {
  const nodes = flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  return `may be restoring still: execution ${id} is ${status}, but a restore cannot be stopped, and ${nodes.join(' and ')} says that one runs. Wait for its end; if its worker is dead, remove ${flagFolder(version)}/snapshot_restoring there.`;
}

const flagFolder = (version: string) =>
  isAtLeast(version, '7.0.3') ? '/tmp/cloudify' : '/opt/manager/snapshot_status';

/** Where a node says that it restores although no restore is at work: a crashed worker, or a broken archive (§8). */
export function stuckFlagAdvice({ version }: RestoreRun, { flags }: Target): string | undefined {
  const nodes = flags.filter(({ flag }) => flag === 'running').map(({ node }) => node);
  if (nodes.length === 0) return undefined;
  return `${nodes.join(' and ')} ${nodes.length === 1 ? 'says' : 'say'} that a restore is running, although none is: remove ${flagFolder(version)}/snapshot_restoring there.`;
}

/** What it holds, for a sentence: "3 blueprints, 12 deployments". */
export function describe({ totals }: Pick<Content, 'totals'>): string {
  const shown = Object.entries(totals).filter(([type, n]) => n > 0 && type !== 'executions');
  const words = shown.map(([type, n]) => `${n} ${n === 1 ? type.replace(/s$/, '') : type}`.replaceAll('_', ' '));
  return words.join(', ') || 'nothing';
}

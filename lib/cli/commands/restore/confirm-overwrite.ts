import { Interrupted } from '../../../base/errors.ts';
import type { PlannedRestore, RestoreResult } from '../../../local/restore.ts';
import type { RestoreReport } from '../../../restore/course.ts';
import type { RestoreInput } from '../../../restore/input.ts';
import { withLocalTimes } from '../../text/local-time.ts';
import { archiveText, holdsText } from '../../text/restore-text.ts';
import { noteLines } from '../../text/rows.ts';
import { type Terminal, UsageError } from '../../usage.ts';

/**
 * `--force` restores over what is there. Whoever does that sees first what it is, and types the manager's name: a wrong
 * URL in a command from last week is all it takes to wipe production. Where nobody can be asked, `--yes` must say it.
 * Returns why there will be no restore, if the look says so. Throws `UsageError` when the answer is no.
 */
export async function whyNotOver(
  look: RestoreResult,
  isSure: boolean,
  terminal: Terminal,
): Promise<RestoreReport | undefined> {
  if (look.outcome !== 'planned') return look;
  const { run, selection, plan } = look;
  // A busy manager is no reason to ask in vain: the restore itself waits for it.
  const refusal = plan.refusals.find(({ error }) => error !== 'ManagerBusy');
  if (refusal) return refused(look, refusal);
  if (plan.target.isEmpty) {
    // Its own report would not have them: what is restored then is one archive, by its id.
    if (selection.passedOver?.length) terminal.err.write(noteLines(selection.notes));
    return undefined;
  }
  terminal.err.write(whatIsThere(look, terminal));
  if (!isSure) await confirm(run.manager, terminal);
  return undefined;
}

/**
 * The restore that was looked at, and no other: a newer archive may have come while somebody read, or another one to its
 * URL, and a manager that was empty, so that nobody was asked, may not be so any more. Whoever is sure (`--yes`) has said
 * that it may be overwritten, whatever it holds by then. What was passed over was seen as well: nothing more is.
 */
export function asSeen(input: RestoreInput, look: RestoreResult, isSure: boolean): RestoreInput {
  if (look.outcome !== 'planned') return input;
  const { snapshot, size, sourceTag } = look.selection;
  const archive = snapshot === null ? { archiveSeen: { size, tag: sourceTag } } : { archive: snapshot };
  const { skipDamaged: _, ...asked } = input;
  return { ...asked, ...archive, force: isSure || !look.plan.target.isEmpty };
}

/** The report of a restore that was not begun. */
function refused({ run, selection, plan }: PlannedRestore, why: { error: string; message: string }): RestoreReport {
  const { manager, restore, purpose } = run;
  const { key, snapshot, size, takenAt } = selection;
  return {
    outcome: 'failed',
    ...why,
    manager,
    restore,
    purpose,
    execution: null,
    archive: { key, snapshot, size, takenAt },
    evidence: null,
    rtoSeconds: null,
    differences: [],
    notes: plan.refusals.filter((one) => one !== why).map(({ error, message }) => `${error}: ${message}`),
    finishedAt: plan.checkedAt,
  };
}

function whatIsThere(look: PlannedRestore, terminal: Terminal): string {
  const { run, plan } = look;
  const lines = [
    `Manager ${run.manager} (${run.node}) is not empty: it holds ${holdsText(plan.target.totals)}.`,
    `To be restored over it: ${archiveText(look, terminal)}.`,
  ];
  const notes = noteLines([...look.selection.notes, ...plan.notes, ...plan.afterwards]);
  return withLocalTimes(`${lines.join('\n')}\n${notes}`, terminal);
}

async function confirm(manager: string, { ask, err, interrupt }: Terminal): Promise<void> {
  if (!ask || !err.isTTY) {
    throw new UsageError(
      `Manager ${manager} is not empty, and there is no terminal to ask whether it may be overwritten: add --yes. Nothing was changed.`,
    );
  }
  const answer = await answerOf(ask, `Type the name of the manager (${manager}) to restore over it: `, interrupt);
  if (answer.trim() === manager) return;
  throw new UsageError(`That was not "${manager}": nothing was changed.`);
}

async function answerOf(ask: (question: string) => Promise<string>, question: string, interrupt: AbortSignal) {
  try {
    return await ask(question);
  } catch (error) {
    if (interrupt.aborted) throw new Interrupted('Interrupted at the question: nothing was changed.');
    throw error;
  }
}

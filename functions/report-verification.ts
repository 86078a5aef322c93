import type { MetricName } from '../lib/base/metric-names.ts';
import { undeliveredNotes } from '../lib/base/undelivered-notes.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { failureReport, reportOf } from '../lib/verification/report.ts';
import { archiveOf, type Verdict } from '../lib/verification/state.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Done = Extract<InputOf<'ReportVerification'>, { outcome: 'done' }>;

/** Tells people what was found: one message, whether all is well or not. */
export const reportVerification = defineStep('ReportVerification', async (input, deps) => {
  const report = input.outcome === 'done' ? await reportOf(input, deps) : failureReport(input, deps);
  const about = report.manager ?? 'all managers';
  const how = report.error === 'ArchiveDamaged' ? `found ${report.counts.damaged} damaged` : report.outcome;
  const subject = `cloudify-offsite: verification of ${about.slice(0, 50)} ${how}`;
  const undelivered = await deps.notifier.publish(subject, report, {
    about: 'verify',
    outcome: report.error === null ? 'success' : 'failure',
    manager: report.manager,
    execution: report.execution,
  });
  if (input.outcome === 'done') count(input, deps);
  return { ...report, notes: [...report.notes, ...undeliveredNotes(undelivered)] };
});

/** By manager; the alarm is on failed executions, these are for graphs. */
function count({ chosen, verdicts }: Done, deps: Deps): void {
  const managers = chosen.archives.map((ref) => archiveOf(ref).manager);
  const put = (name: MetricName, wanted: Verdict['verdict']) => {
    for (const manager of new Set(managers)) {
      const found = verdicts.filter((one, i) => managers[i] === manager && one.verdict === wanted);
      deps.metrics.put(name, 'Count', found.length, manager);
    }
  };
  put('ArchivesVerified', 'good');
  put('ArchivesDamaged', 'damaged');
  put('ArchivesUnread', 'unread');
}

export const handler = toHandler(reportVerification, runtime);

import { reportIdAt } from '../lib/base/ids.ts';
import { undeliveredNotes } from '../lib/base/undelivered-notes.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import type { KeptReport } from '../lib/report/contract.ts';
import { FIRST_PAGE, type ReportRecord } from '../lib/report/kept/record.ts';
import { reportKeysOf } from '../lib/storage/layout.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Makes the report that people and auditors look at, keeps it under `reports/`, and says where it is. Repeated, it finds
 * the record of the first time and tells again; what another execution has made it tells nobody a second time.
 */
export const writeReport = defineStep('WriteReport', async ({ input, execution }, deps) => {
  // Charts are as much code as all other steps together: on one machine only who makes a report loads them.
  const { keepReport } = await import('../lib/report/kept/write.ts');
  const report = reportIdAt(new Date(input.scheduledTime ?? execution.startTime));
  const record = await keepReport({ report, execution: execution.id, reason: input.reason }, deps);
  const kept = keptOf(record, execution, deps);
  if (kept.isRepeated) return kept;
  const { protected: good, 'at-risk': bad, unknown } = kept.verdicts;
  const subject = `cloudify-offsite: report, ${good} of ${good + bad + unknown} managers protected`;
  const undelivered = await deps.notifier.publish(subject, kept, {
    about: 'report',
    outcome: kept.outcome === 'at-risk' ? 'attention' : 'success',
    manager: null,
    execution: execution.id,
  });
  return { ...kept, notes: undeliveredNotes(undelivered) };
});

function keptOf(record: ReportRecord, execution: InputOf<'WriteReport'>['execution'], deps: Deps): KeptReport {
  const { report, outcome, verdicts, openFindings, files, why } = record;
  const keys = reportKeysOf(report);
  const all = verdicts.protected + verdicts['at-risk'] + verdicts.unknown;
  const counts = `${verdicts.protected} of ${all} managers are protected, ${verdicts['at-risk']} at risk, ${verdicts.unknown} unknown; ${openFindings} open findings.`;
  const where = `The report is in ${deps.archive.place}, ${keys.fileOf(FIRST_PAGE)}. To open it: offsite report --open`;
  return {
    outcome,
    message: deps.redactor.clean([counts, why, where].filter((text) => text !== '').join(' ')),
    ...{ report, verdicts, openFindings, files: files.length },
    key: keys.fileOf(FIRST_PAGE),
    record: keys.record,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    isRepeated: record.execution !== execution.id,
    notes: [],
    execution: execution.id,
    finishedAt: deps.clock.now().toISOString(),
  };
}

export const handler = toHandler(writeReport, runtime);

import * as z from 'zod';
import { time } from '../../lib/base/schemas.ts';
import { RunReport } from '../../lib/export/contract.ts';
import { Plan, RestoreRun, Selection } from '../../lib/restore/state.ts';

/** Documents of `--json` about runs: how one ended, or that it goes on in AWS. */

export const Failed = z.looseObject({ outcome: z.literal('failed'), error: z.string(), message: z.string() });
export const Started = z.strictObject({
  outcome: z.literal('started'),
  message: z.string(),
  manager: z.string().nullable(),
  execution: z.string(),
  startedAt: time,
});
/** Ctrl-C while somebody watched: the execution goes on. */
export const Left = z.strictObject({
  outcome: z.literal('running'),
  message: z.string(),
  manager: z.string().nullable(),
  execution: z.string(),
});
/** Of a machine whose end has no report that is known here. */
export const Ended = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  manager: z.string().nullable(),
  execution: z.string(),
  output: z.unknown(),
});
const Duplicate = z.strictObject({
  outcome: z.literal('duplicate'),
  message: z.string(),
  manager: z.string(),
  snapshot: z.string(),
  owner: z.string(),
  verified: z.boolean(),
});
/** With what a store that is neither AWS nor a folder was found to do. */
export const Run = z.union([RunReport.extend({ store: z.looseObject({}).optional() }), Duplicate]);
export const Export = z.union([Run, Started, Left]);
export const ExportAll = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  managers: z.array(Run),
  finishedAt: time,
});
export const Planned = z.strictObject({
  outcome: z.literal('planned'),
  run: RestoreRun,
  selection: Selection,
  plan: Plan,
});

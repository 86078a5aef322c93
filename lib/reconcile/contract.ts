import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { count, Failure, time } from '../base/schemas.ts';

/** What a schedule or a person gives. `{ "manager": "m1" }` looks at everything and repairs what is safe. */
export const ReconcileInput = z.strictObject({
  manager: ManagerId,
  /** Of the schedule; nothing follows from it. */
  scheduledTime: z.string().max(100).optional(),
  /** Looks, changes nothing, tells nobody. */
  dryRun: z.boolean().optional(),
  /** The manager itself is not asked. */
  storageOnly: z.boolean().optional(),
});
export type ReconcileInput = z.infer<typeof ReconcileInput>;

const FoundFinding = z.strictObject({
  kind: z.string(),
  about: z.string(),
  message: z.string(),
  /** `open`: a person has to act. `could be`: a repair is possible, this was a dry run. `failed`: it did not work. */
  repair: z.enum(['open', 'could be', 'done', 'failed']),
});
export type FoundFinding = z.infer<typeof FoundFinding>;

export const ReconcileReport = z.strictObject({
  /** `repaired`: all that was found is repaired. `findings`: a person has to act. */
  outcome: z.enum(['clean', 'repaired', 'findings']),
  message: z.string(),
  manager: ManagerId,
  dryRun: z.boolean(),
  /** The first 100; what a person has to do comes first. */
  findings: z.array(FoundFinding).max(100),
  counts: z.strictObject({ open: count, couldBe: count, done: count, failed: count }),
  lookedAt: z.strictObject({ archives: count, objects: count, nights: count, snapshots: count.nullable() }),
  /** Null: there is no verified archive. */
  hoursSinceVerified: z.number().nonnegative().nullable(),
  missingNights: count,
  /** Of archives by their class, of everything hidden (`noncurrent`), and of all. */
  bytes: z.record(z.string(), count),
  finishedAt: time,
});
export type ReconcileReport = z.infer<typeof ReconcileReport>;

/** Our snapshots on the manager, for who has no access to it. */
const SeenSnapshots = z.strictObject({
  /** Why the manager could not be asked. */
  notSeen: z.string().nullable(),
  /** Null: it was not seen, or not to be asked. */
  total: count.nullable(),
  /** Complete and a day old; the first 100. */
  whole: z.array(SnapshotId).max(100),
  /** Half-made ones of dead runs, and what became of them. */
  stale: z.array(FoundFinding).max(100),
});
export type SeenSnapshots = z.infer<typeof SeenSnapshots>;

export const nothingAsked: SeenSnapshots = { notSeen: null, total: null, whole: [], stale: [] };

/** Input and output of every step of a reconciliation, by its name. */
export const reconcileContracts = {
  TidyManager: { input: z.strictObject({ input: ReconcileInput }), output: SeenSnapshots },
  Reconcile: {
    input: z.strictObject({ input: ReconcileInput, snapshots: z.union([SeenSnapshots, Failure]) }),
    output: ReconcileReport,
  },
} as const;

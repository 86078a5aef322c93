import * as z from 'zod';
import { ARTICLES } from '../../lib/base/runbook.ts';
import { count, time } from '../../lib/base/schemas.ts';
import { FINDINGS } from '../../lib/reconcile/findings.ts';
import type { Reconciled } from '../../lib/report/facts/reconciled.ts';
import type { ReportFinding } from '../../lib/report/model/findings.ts';
import type { Records, Timing } from '../../lib/report/model/manager-report.ts';
import { RUN_STATES } from '../../lib/report/model/runs.ts';
import { VERDICTS, type Verdict } from '../../lib/report/model/verdict.ts';

/** What the document of all managers and that of one have in common. */

const keysOf = <T extends object>(table: T) => Object.keys(table) as [keyof T, ...(keyof T)[]];

/** Beginning of both documents. */
export const origin = {
  schema: z.literal('cloudify-offsite/report/1'),
  place: z.string().describe('Folder, bucket or address of the store that was read'),
  installation: z.string().nullable().describe('Name of the stack; null: archives on one machine'),
  configured: z.boolean().describe('Whether a configuration was at hand; without one it is not known what is due'),
  software: z.string(),
  madeAt: time,
  since: time.describe('Beginning of the period, included'),
  until: time.describe('End of the period, excluded'),
};

export const bytesOf = (what: string) => count.describe(`Bytes ${what}`);
export const secondsOf = (what: string) => z.number().nonnegative().describe(`Seconds ${what}`);
export const cost = z.number().nonnegative().describe('USD a month');
/** Restores are reported by records of every version, whose times are shown as they are. */
export const recorded = z.string().describe('ISO time, as the record of the restore has it');
export const rto = secondsOf('from its start to its proof; null: it did not come so far').nullable();
export const restoreState = z.enum(['succeeded', 'partial', 'failed']);

export const verdictState = z.enum(VERDICTS);
export const verdict = z.strictObject({ state: verdictState, why: z.string() }) satisfies z.ZodType<Verdict>;

export const timing = z.strictObject({
  schedule: z.string().nullable().describe('EventBridge Scheduler expression; null: by hand only, or not known'),
  timeZone: z.string(),
  flexibleMinutes: z.number().nonnegative().describe('Minutes that the scheduler may be late'),
  targetHours: z.number().nullable().describe('Hours that the newest archive may be old; null: nothing says'),
}) satisfies z.ZodType<Timing>;

/** A number under each of some names. */
export const numbers = <T extends string>(names: readonly T[]) =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, count])) as Record<T, typeof count>);

export const counts = numbers(RUN_STATES).describe('Runs of the period by how they ended');

export const successRate = z
  .number()
  .min(0)
  .max(1)
  .nullable()
  .describe('From 0 to 1, of the runs that were due or started and have ended; null: there was none');

export const records = z.strictObject({
  signed: count,
  unsigned: count,
  forged: count,
  missing: count.describe('Manifests that are gone before their time'),
  unreadable: count,
}) satisfies z.ZodType<Records>;

export const finding = z.strictObject({
  kind: z.enum([
    ...keysOf(FINDINGS),
    ...(['FailedRun', 'FailedRestoreTest', 'OddSchedule', 'FailedReplication'] as const),
  ]),
  weight: z.enum(['critical', 'warning']).describe('critical: the manager is not protected as long as it is so'),
  message: z.string(),
  article: z.enum(ARTICLES).describe('Page of docs/runbook/ that says what to do'),
  about: z.string(),
}) satisfies z.ZodType<ReportFinding>;

export const reconciliation = z
  .strictObject({
    outcome: z.enum(['clean', 'repaired', 'findings', 'unreadable']),
    message: z.string(),
    at: time.nullable().describe('null: its record cannot be read'),
  })
  .nullable()
  .describe('How the latest one ended; null: none is recorded') satisfies z.ZodType<Reconciled | null>;

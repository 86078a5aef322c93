import * as z from 'zod';
import { count, sha256, time } from '../../lib/base/schemas.ts';
import type { ManagerRules } from '../../lib/config/manager-rules.ts';
import type { ManagerReport } from '../../lib/report/model/manager-report.ts';
import type { ManagerStatus } from '../../lib/status/status.ts';
import { archive, input, recoveryPoint, restore, run } from './report-facts.ts';
import {
  bytesOf,
  cost,
  counts,
  finding,
  origin,
  reconciliation,
  recorded,
  records,
  restoreState,
  rto,
  secondsOf,
  successRate,
  timing,
  verdict,
} from './report-parts.ts';

/** `offsite report --manager … --json`, and `manager-<name>.json` of a report that is kept. */

const status = z.strictObject({
  manager: z.string(),
  archive: z
    .strictObject({
      snapshot: z.string(),
      takenAt: time,
      verifiedAt: time,
      ageSeconds: secondsOf('since takenAt'),
      size: bytesOf('of the archive'),
      replication: z
        .string()
        .nullable()
        .describe("S3's word: COMPLETED, PENDING, FAILED; null: none, or it may not be seen"),
    })
    .nullable()
    .describe('The newest that can be restored'),
  stale: z.boolean().nullable(),
  lastRun: z
    .strictObject({
      snapshot: z.string(),
      state: z.enum(['running', 'succeeded', 'failed', 'lost', 'unreadable']),
      at: time.describe('When it ended; while it runs: when it began'),
      error: z.string().nullable(),
      message: z.string().nullable(),
      execution: z.string(),
      startedAt: time.nullable(),
      undelivered: z.array(z.strictObject({ target: z.string(), error: z.string() })),
    })
    .nullable(),
  nextRun: z
    .string()
    .describe('ISO time; none: by hand only; unknown: there is no configuration at hand, or it is a rate'),
  nextRunBy: z.enum(['schedule', 'file']).describe('Of the scheduler, or of a configuration file'),
  schedule: z
    .strictObject({ expression: z.string(), timeZone: z.string(), isEnabled: z.boolean() })
    .nullable()
    .exactOptional()
    .describe('As it is deployed; null: there is none; absent: the scheduler was not asked'),
  lastDrill: z
    .strictObject({
      restore: z.string(),
      onto: z.string(),
      at: recorded,
      state: restoreState,
      snapshot: z.string().nullable(),
      rtoSeconds: rto,
    })
    .nullable(),
  marks: z.array(z.string()),
  needsAttention: z.boolean(),
}) satisfies z.ZodType<ManagerStatus>;

const days = count.describe('Days');
const storageClass = z.enum(['STANDARD', 'STANDARD_IA', 'GLACIER_IR']);

/** What a configuration says of a manager; of the authority of its restores, no credential. */
const rules = z.strictObject({
  timeZone: z.string(),
  schedule: z.string().optional(),
  flexibleMinutes: z.number().optional().describe('Minutes'),
  retention: z.strictObject({
    held: count.describe('Newest good archives that no lifecycle rule touches'),
    days: z.strictObject({ daily: days, weekly: days, monthly: days, yearly: days }),
    undoDays: days,
    storage: z.strictObject({
      monthly: storageClass.optional(),
      yearly: storageClass.optional(),
      afterDays: days,
    }),
  }),
  driftPercent: z.number().describe('A fall by more than so many per cent is flagged'),
  keepOnManager: count.exactOptional().describe('Newest snapshots that stay on the manager'),
  snapshotDeadlineSeconds: secondsOf('that one snapshot may take').exactOptional(),
  lock: z.strictObject({ mode: z.enum(['governance', 'compliance']), days }).optional(),
  isReplicated: z.boolean().optional(),
  approvalHours: z.number().optional().describe('Hours that a restore waits for its approval'),
  restoreFrom: z.array(z.string()).optional(),
  restoredCredentials: z.string().optional().describe('Name of a secret'),
  archiveUrls: z.strictObject({ hosts: z.array(z.string()), others: z.enum(['public', 'none']) }).optional(),
}) satisfies z.ZodType<Omit<ManagerRules, 'schedule'>>;

const facts = z.strictObject({
  manager: z.string(),
  verdict,
  status,
  timing,
  rules,
  version: z.string().nullable().describe('Of the manager, by its newest archive'),
  counts,
  successRate,
  recoveryPoint,
  runs: z.array(run).describe('Of the period, the oldest first'),
  archives: z.array(archive).describe('Of any time, the oldest first'),
  bytes: bytesOf('of all archives'),
  monthlyCost: cost,
  restores: z.array(restore).describe('With an archive of this manager or onto it; of any time, the newest last'),
  findings: z.array(finding).describe('The weightiest first'),
  reconciliation,
  records,
  inputs: z.array(input).describe('Each record that the document was made of'),
  keys: z
    .array(
      z.strictObject({
        fingerprint: sha256,
        known: z
          .enum(['trusted', 'beside'])
          .describe('beside: its public half lies with the records, and nothing else confirms it'),
      }),
    )
    .describe('Those that have signed its records'),
}) satisfies z.ZodType<Omit<ManagerReport, 'simulated' | 'restores' | 'rules'>>;

export const ReportOfManager = z.strictObject({ ...origin, ...facts.shape });

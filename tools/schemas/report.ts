import * as z from 'zod';
import { count, time } from '../../lib/base/schemas.ts';
import { EXPIRE_TAGS } from '../../lib/config/lifecycle.ts';
import { Verdicts } from '../../lib/report/contract.ts';
import type { Control } from '../../lib/report/model/controls.ts';
import type { FleetReport } from '../../lib/report/model/fleet-report.ts';
import type { FleetRow, Restored } from '../../lib/report/model/fleet-row.ts';
import type { PolicyLine } from '../../lib/report/model/policy-line.ts';
import { RUN_STATES } from '../../lib/report/model/runs.ts';
import {
  bytesOf,
  cost,
  counts,
  finding,
  numbers,
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
  verdictState,
} from './report-parts.ts';

/** `offsite report --json` of all managers, and `report.json` of a report that is kept. */

const restored = {
  at: recorded,
  rtoSeconds: rto,
  state: restoreState,
};
const proof = z.strictObject(restored) satisfies z.ZodType<Restored>;
const lastRestore = { ...restored, isTest: z.boolean() };
const ofManager = { manager: z.string() };

const Row = z.strictObject({
  manager: z.string(),
  verdict,
  timing,
  successRate,
  counts,
  records,
  newestAt: time.nullable().describe('Time of the content of the newest archive that can be restored'),
  ageSeconds: secondsOf('since then').nullable(),
  stale: z.boolean().nullable().describe('Older than the target; null: there is no target'),
  longestGapSeconds: secondsOf('without a newer restorable archive, the longest of the period').nullable(),
  gapsOver: count.describe('Such times that were longer than the target; 10 at most are counted'),
  days: z
    .array(
      z.strictObject({
        day: z.iso.date(),
        state: z.enum(RUN_STATES).nullable().describe('Of the worst run; null: none was due, and none ran'),
        runs: count,
      }),
    )
    .describe("Each day of the period, of the manager's time zone"),
  sizes: z.array(bytesOf('of an archive')).describe('Of archives of the period, the oldest first; 40 of them at most'),
  archives: count.describe('Archives that are recorded, of any time'),
  bytes: bytesOf('of all archives'),
  monthlyCost: cost,
  held: numbers(EXPIRE_TAGS).describe('Archives by why they stay'),
  lastTest: proof.nullable(),
  lastRestore: z.strictObject(lastRestore).nullable().describe('In a test or after a loss'),
  lastProof: proof.nullable().describe('The last restore that succeeded'),
  testsInPeriod: count,
  oldestVerifiedAt: time.nullable(),
  findings: z.array(finding).max(3).describe('The weightiest; findingCount has the number of all'),
  findingCount: count,
  reconciliation,
  damaged: count.describe('Archives that are damaged or gone'),
}) satisfies z.ZodType<FleetRow>;

const policy = z.array(
  z.strictObject({
    what: z.string(),
    configured: z.string().nullable().describe('null: no configuration was at hand'),
    deployed: z.string().nullable().describe('As storage says it is; null: it could not be seen'),
    differs: z.boolean().describe('What is deployed is less than what is configured'),
  }) satisfies z.ZodType<PolicyLine>,
);

const controls = z.array(
  z.strictObject({
    id: z.string(),
    framework: z.string(),
    asks: z.string(),
    facts: z.array(z.string()),
    missing: z.array(z.string()),
  }) satisfies z.ZodType<Control>,
);

const facts = {
  verdicts: Verdicts,
  state: verdictState.describe('Of the worst manager; unknown: there is none'),
  lastTest: z.strictObject({ ...ofManager, ...restored }).nullable(),
  lastRestore: z.strictObject({ ...ofManager, ...lastRestore }).nullable(),
  damaged: count.describe('Archives that are damaged or gone'),
  unsigned: count.describe('Records, as forged, missing and unreadable'),
  forged: count,
  missing: count,
  unreadable: count,
  openFindings: count,
  otherFindings: z.array(finding).describe('Of no manager of this document'),
  policy,
  controls,
};
const Facts = z.strictObject(facts) satisfies z.ZodType<Omit<FleetReport, 'origin' | 'rows' | 'worst'>>;

export const Report = z.strictObject({
  ...origin,
  ...Facts.shape,
  worst: z
    .string()
    .nullable()
    .describe('The manager whose newest archive is the oldest in relation to its target; null: there is no archive'),
  managers: z.array(Row).describe('The worst first'),
});

import * as z from 'zod';
import { count, sha256, time } from '../../lib/base/schemas.ts';
import { Flag } from '../../lib/catalogue/records.ts';
import { EXPIRE_TAGS } from '../../lib/config/lifecycle.ts';
import { CLASSES } from '../../lib/config/retention.ts';
import type { RestoreFact } from '../../lib/report/facts/restore-facts.ts';
import type { Input } from '../../lib/report/facts/witness.ts';
import type { ArchiveFact } from '../../lib/report/model/archives.ts';
import type { RecoveryPoint } from '../../lib/report/model/recovery-point.ts';
import { PHASES, RUN_STATES, type Run } from '../../lib/report/model/runs.ts';
import { bytesOf, recorded, restoreState, rto, secondsOf } from './report-parts.ts';
import { PlannedArchive } from './retention.ts';

/** Runs, archives, restores and inputs of the document of one manager. */

const gap = z.strictObject({ from: time, to: time, seconds: secondsOf('between them') });
export const recoveryPoint = z.strictObject({
  longest: gap.nullable().describe('null: there was no archive to reckon from'),
  over: z.array(gap).describe('Longer than the target, the longest first; 10 at most'),
  targetSeconds: secondsOf('that may pass without a newer archive; null: nothing says').nullable(),
}) satisfies z.ZodType<RecoveryPoint>;

export const run = z.strictObject({
  at: time.describe('When it was due'),
  day: z.iso.date().describe("Of the manager's time zone"),
  snapshot: z.string(),
  state: z.enum(RUN_STATES),
  contentAt: time.nullable().describe('Time of the content; of an archive that has left the index as well, of the run'),
  size: bytesOf('of the archive').nullable(),
  phases: z.array(z.strictObject({ phase: z.enum(PHASES), seconds: secondsOf('of the phase') })),
  error: z.string().nullable(),
  message: z.string().nullable(),
  reason: z.string().nullable(),
  flags: z.array(Flag),
  totals: z.record(z.string(), count).nullable().describe('Items of the archive by type'),
  execution: z.string().nullable(),
  isExpired: z.boolean(),
}) satisfies z.ZodType<Run>;

const signature = z.enum(['signed', 'unsigned', 'forged']).nullable();

export const archive = z.strictObject({
  ...PlannedArchive.shape,
  class: z.enum(CLASSES),
  expire: z.enum(EXPIRE_TAGS),
  key: z.string(),
  versionId: z.string().nullable(),
  crc32: z.string().describe('base64, as S3 writes it'),
  storedAt: time,
  verifiedAt: time,
  isScrubbed: z.boolean().describe('Verified again after its export'),
  flags: count,
  lockedUntil: time.nullable().describe('By the configuration; null: it has no Object Lock, or the place has none'),
  keptUntil: time.nullable(),
  isKept: z.boolean(),
  signature: signature.describe('Of its manifest'),
}) satisfies z.ZodType<ArchiveFact>;

export const input = z.strictObject({
  key: z.string(),
  versionId: z.string().nullable().describe('null: storage named none'),
  sha256,
  signature: signature.describe('null: such a record is not signed, or signatures were not looked at'),
  signedBy: z.string().nullable(),
}) satisfies z.ZodType<Input>;

export const restore = z.strictObject({
  restore: z.string(),
  manager: z.string().nullable().describe('Of the archive; null: it came from a URL'),
  snapshot: z.string().nullable(),
  onto: z.string().describe('The manager that was restored to'),
  isDrill: z.boolean(),
  state: restoreState,
  error: z.string().nullable(),
  reason: z.string().nullable(),
  message: z.string(),
  startedAt: recorded,
  recordedAt: recorded,
  rtoSeconds: rto,
  phases: z.array(z.strictObject({ phase: z.string(), seconds: secondsOf('of the phase') })),
  /** Restore reports of later versions may have more of each. */
  differences: z
    .array(z.looseObject({ tenant: z.string().nullable(), type: z.string(), archive: z.number(), manager: z.number() }))
    .describe('Numbers of items, in the archive and on the manager; 50 at most'),
  differenceCount: count,
  entityErrors: count,
  size: bytesOf('of the archive').nullable(),
  held: z.record(z.string(), count).describe('Items of the archive by type'),
  compared: z.array(z.string()).describe('Types'),
  notCompared: z.array(z.string()),
  input: input.optional(),
}) satisfies z.ZodType<Omit<RestoreFact, 'input'>>;

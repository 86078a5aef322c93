import * as z from 'zod';
import { count, time } from '../../lib/base/schemas.ts';
import { Manifest } from '../../lib/catalogue/records.ts';

/** Documents of `--json` of the commands that get at archives without a manager, and of messages to people. */

const member = { name: z.string(), size: count };
const of = { manager: z.string(), archive: z.string() };

export const Contents = z.strictObject({
  ...of,
  inventory: Manifest.shape.inventory,
  /** With `--members`. */
  members: z.array(z.strictObject({ ...member, compressedSize: count })).optional(),
});

const Item = z.strictObject({
  type: z.enum(['tenants', 'users', 'user_groups', 'sites', 'plugins', 'secrets', 'blueprints', 'deployments']),
  /** Null: of no tenant. */
  tenant: z.string().nullable(),
  id: z.string(),
  name: z.string(),
  version: z.string().optional(),
});
const Side = z.strictObject({
  ...of,
  takenAt: time,
  format: z.enum(['new', 'legacy']),
  version: z.string(),
});
export const Diff = z.strictObject({
  outcome: z.enum(['same', 'different']),
  before: Side,
  after: Side,
  came: z.array(Item),
  went: z.array(Item),
  counts: z.record(z.string(), z.strictObject({ before: count, after: count })),
});

/** The key of the record that says who has a copy; null: it could not be written. */
const record = z.string().nullable();
export const Download = z.strictObject({
  outcome: z.literal('succeeded'),
  file: z.string(),
  key: z.string(),
  versionId: z.string().nullable(),
  size: count,
  resumed: count,
  record,
  crc32: z.string(),
});
export const Extract = z.strictObject({
  outcome: z.literal('succeeded'),
  ...of,
  folder: z.string(),
  files: z.array(z.looseObject({})),
  record,
});

export const Copy = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  from: z.string(),
  to: z.string(),
  archives: z.array(
    z.strictObject({
      ...of,
      outcome: z.enum(['copied', 'present', 'failed']),
      size: count,
      versionId: z.string().nullable(),
      error: z.string().nullable(),
      message: z.string().nullable(),
    }),
  ),
});

const notAdopted = z.array(z.strictObject({ key: z.string(), why: z.string() }));
export const Adopt = z.strictObject({
  outcome: z.enum(['adopted', 'nothing to adopt', 'incomplete']),
  adopted: z.strictObject({ archives: count, records: count, bytes: count }),
  refused: notAdopted,
  missing: notAdopted,
  foreign: z.array(z.string()),
  lost: z.array(z.string()),
  dryRun: z.boolean(),
  place: z.string(),
});

export const Approve = z.strictObject({
  outcome: z.enum(['recorded', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  manager: z.string(),
  restore: z.string(),
  decision: z.enum(['approve', 'reject']),
  execution: z.string(),
  decidedAt: time.nullable(),
});

export const Notify = z.strictObject({
  targets: z.array(z.strictObject({ target: z.string(), error: z.string().nullable() })),
  notTried: z.array(z.string()),
});

export const Digest = z.strictObject({
  outcome: z.enum(['good', 'attention']),
  message: z.string(),
  managers: count,
  good: count,
  failed: z.array(z.strictObject({ manager: z.string(), error: z.string() })),
  overdue: z.array(z.strictObject({ manager: z.string(), takenAt: time.nullable() })),
  notes: z.array(z.string()),
});

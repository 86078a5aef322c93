import * as z from 'zod';
import { time } from '../../lib/base/schemas.ts';

/** Documents of `--json` about how long archives stay. */

export const PlannedArchive = z.strictObject({
  snapshot: z.string(),
  takenAt: time,
  size: z.number().describe('Bytes'),
  is: z.enum(['good', 'flagged', 'damaged', 'gone']),
  class: z.enum(['yearly', 'monthly', 'weekly', 'daily']),
  expire: z.string(),
  why: z.string(),
  hiddenAt: time.nullable().describe('null: nothing lets it go'),
  goneAt: time.nullable(),
  storageClass: z.string(),
  monthlyCost: z.number().describe('USD'),
  isFuture: z.boolean(),
});
export const RetentionExpire = z.strictObject({
  place: z.string(),
  configured: z.boolean(),
  done: z.boolean(),
  acts: z.array(z.strictObject({ does: z.string(), key: z.string(), size: z.number() })),
});

const of = { message: z.string(), manager: z.string(), snapshot: z.string() };
export const Keep = z.strictObject({
  outcome: z.literal('kept'),
  ...of,
  until: time.nullable(),
  legalHold: z.enum(['on', 'off', 'unavailable']),
});
export const Unkeep = z.strictObject({
  outcome: z.enum(['not kept', 'released', 'planned']),
  ...of,
  becomes: PlannedArchive,
});
export const Accept = z.strictObject({ outcome: z.string(), ...of });

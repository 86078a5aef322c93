import * as z from 'zod';
import { time } from '../base/schemas.ts';

export const DigestInput = z.strictObject({
  /** Of the schedule; nothing depends on it. */
  scheduledTime: z.string().max(40).optional(),
});

export const DigestSent = z.strictObject({
  outcome: z.enum(['good', 'attention']),
  message: z.string(),
  managers: z.number(),
  good: z.number(),
  /** About targets that could not be notified. */
  notes: z.array(z.string()),
  sentAt: time,
});

/** Input and output of the step that sends the digest. */
export const digestContracts = {
  SendDigest: { input: z.strictObject({ input: DigestInput }), output: DigestSent },
} as const;

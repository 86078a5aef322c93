import * as z from 'zod';
import { bytes, count, notes, time } from '../base/schemas.ts';

/**
 * `m1/offsite-20261122T020000Z`: hundreds of archives fit a state of 32 KB because each is one short text. Longest: 63
 * and 200 letters.
 */
export const ArchiveRef = z.string().regex(/^[a-z][a-z0-9-]{0,62}\/[A-Za-z][A-Za-z0-9._-]{0,199}$/);

export function refOf(manager: string, snapshot: string): string {
  return `${manager}/${snapshot}`;
}

export function archiveOf(ref: string): { readonly manager: string; readonly snapshot: string } {
  const slash = ref.indexOf('/');
  return { manager: ref.slice(0, slash), snapshot: ref.slice(slash + 1) };
}

export const Chosen = z.strictObject({
  /** In the order in which they are read: damaged ones first, then those that were read longest ago. */
  archives: z.array(ArchiveRef).max(400),
  /** How many archives there are, and how many of the wanted ones this execution has no room for. */
  known: count,
  left: count,
  /** How many lie in a storage class that cannot be read at once. */
  cold: count,
  /** Keys of manifests that cannot be read, the first five: whether they are archives nobody knows. */
  unreadable: z.array(z.string()).max(5),
  /** Keys of manifests that are not what was signed, the first five. Missing in executions from before that. */
  forged: z.array(z.string()).max(5).optional(),
  /** Of these and of what is gone before its time, in a sentence each, the first five. Missing in older executions. */
  lost: z.array(z.string().max(500)).max(5).optional(),
  /** Why an index cannot be relied on, the first. */
  index: z.string().max(1500).optional(),
});
export type Chosen = z.infer<typeof Chosen>;

/**
 * `good`: every byte was read, every member is what the manager wrote. `damaged`: it is not, and a mark says so.
 * `unread`: nobody can tell now, storage did not let us look. `expired`: retention had removed it in the meantime.
 */
export const Verdict = z.strictObject({
  verdict: z.enum(['good', 'damaged', 'unread', 'expired']),
  bytes,
  /** Name of the error, if there was one. */
  error: z.string().max(80).optional(),
});
export type Verdict = z.infer<typeof Verdict>;

const Bad = z.strictObject({ archive: z.string(), error: z.string(), message: z.string() });

export const VerifyReport = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  error: z.string().nullable(),
  message: z.string(),
  manager: z.string().nullable(),
  execution: z.string(),
  reason: z.string().nullable(),
  counts: z.strictObject({
    good: count,
    damaged: count,
    unread: count,
    expired: count,
    left: count,
    cold: count,
    known: count,
  }),
  /** Bytes of storage that were read and compared. */
  bytes,
  /** The first 20 of each. */
  damaged: z.array(Bad).max(20),
  unread: z.array(Bad).max(20),
  notes,
  finishedAt: time,
});
export type VerifyReport = z.infer<typeof VerifyReport>;

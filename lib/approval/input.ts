import * as z from 'zod';
import { ManagerId, RestoreId } from '../base/ids.ts';

/**
 * The input of the state machine that records decisions: the message about a waiting restore has the first three fields,
 * to be pasted in the console. docs/explanation/approval.md explains each.
 */
export const ApproveInput = z.strictObject({
  manager: ManagerId,
  restore: RestoreId,
  /** The digest of the request that was read. */
  request: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits of the request'),
  decision: z.enum(['approve', 'reject']).default('approve'),
  reason: z.string().max(500).optional(),
  /** Why one person both starts and approves: told to everybody. */
  breakGlass: z.string().min(1).max(500).optional(),
  /** The principal, as the command line knows it. */
  by: z.string().max(2048).optional(),
});
export type ApproveInput = z.infer<typeof ApproveInput>;

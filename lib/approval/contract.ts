import * as z from 'zod';
import { ExecutionRef } from '../base/schemas.ts';
import { ApproveInput } from './input.ts';
import { Approval } from './records.ts';

/** Input and output of the step that records decisions. */
export const approvalContracts = {
  ApproveRestore: { input: z.strictObject({ input: ApproveInput, execution: ExecutionRef }), output: Approval },
} as const;

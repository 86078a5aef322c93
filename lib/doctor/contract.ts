import * as z from 'zod';
import { ManagerId } from '../base/ids.ts';
import { time } from '../base/schemas.ts';

/** How one check ended. `what` is the same in every run. */
export const Check = z.strictObject({
  what: z.string(),
  state: z.enum(['ok', 'warning', 'failed', 'not checked']),
  /** What was found, and what to do. */
  text: z.string(),
});
export type Check = Readonly<z.infer<typeof Check>>;

/** What starts a diagnosis. */
export const DiagnoseInput = z.strictObject({ manager: ManagerId });
export type DiagnoseInput = z.infer<typeof DiagnoseInput>;

/** The state has room for 32 KB: lines are cut, and a manager has few nodes. */
export const MOST_CHECKS = 40;
export const MOST_TEXT = 600;

export const Diagnosis = z.strictObject({
  manager: ManagerId,
  checks: z.array(Check).max(MOST_CHECKS),
  checkedAt: time,
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** Input and output of the step that checks from inside the VPC. */
export const doctorContracts = {
  Diagnose: { input: z.strictObject({ input: DiagnoseInput }), output: Diagnosis },
} as const;

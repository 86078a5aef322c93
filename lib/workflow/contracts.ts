import type * as z from 'zod';
import { approvalContracts } from '../approval/contract.ts';
import type { StepName } from '../base/step-names.ts';
import { decisionContracts } from '../decision/contract.ts';
import { doctorContracts } from '../doctor/contract.ts';
import { exportContracts } from '../export/contract.ts';
import { reconcileContracts } from '../reconcile/contract.ts';
import { reportContracts } from '../report/contract.ts';
import { restoreContracts } from '../restore/contract.ts';
import { digestContracts } from '../status/contract.ts';
import { verifyContracts } from '../verification/contract.ts';

/** Input and output of every step, by its name: the index of what each operation says of its own. */
export const contracts = {
  ...exportContracts,
  ...restoreContracts,
  ...verifyContracts,
  ...approvalContracts,
  ...decisionContracts,
  ...reconcileContracts,
  ...reportContracts,
  ...doctorContracts,
  ...digestContracts,
} as const satisfies Readonly<Record<StepName, { input: z.ZodType; output: z.ZodType }>>;

export type InputOf<N extends StepName> = z.infer<(typeof contracts)[N]['input']>;
export type OutputOf<N extends StepName> = z.infer<(typeof contracts)[N]['output']>;

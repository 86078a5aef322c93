import type { StepSpec } from '../base/step-spec.ts';
import type { doctorContracts } from './contract.ts';

/** The step that sees what only functions in the VPC see, as in lib/workflow/steps.ts. It may change nothing. */
export const doctorSteps: Readonly<Record<keyof typeof doctorContracts, StepSpec>> = {
  Diagnose: {
    purpose: 'checks that a backup of a manager can work, and changes nothing',
    timeoutSeconds: 300,
    retries: ['crashedOnce'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'manifests:read', 'bucket:inspect'],
    entry: true,
  },
};

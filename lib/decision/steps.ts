import { RETENTION, type StepSpec } from '../base/step-spec.ts';
import type { decisionContracts } from './contract.ts';

/** The step of the state machine that records decisions, as in lib/workflow/steps.ts. */
export const decisionSteps: Readonly<Record<keyof typeof decisionContracts, StepSpec>> = {
  RecordDecision: {
    purpose: 'records that an archive is protected, released or accepted, then the retention tags',
    timeoutSeconds: 300,
    retries: ['crashedTwice', 'storage'],
    memoryMB: 256,
    touches: ['manifests:read', 'archives:read', 'keeps:write', 'accepts:write', ...RETENTION],
    entry: true,
  },
};

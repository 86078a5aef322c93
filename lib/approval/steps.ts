import type { StepSpec } from '../base/step-spec.ts';
import type { approvalContracts } from './contract.ts';

/** The step of the state machine that records decisions, as in lib/workflow/steps.ts. */
export const approvalSteps: Readonly<Record<keyof typeof approvalContracts, StepSpec>> = {
  ApproveRestore: {
    purpose: 'records the decision of an approver about a restore that waits',
    timeoutSeconds: 120,
    retries: ['crashedTwice', 'report'],
    memoryMB: 256,
    touches: [
      'approval-requests:read',
      'approvals:read',
      'approvals:write',
      'records:sign',
      'topic:publish',
      'targets:read-secrets',
    ],
    entry: true,
  },
};

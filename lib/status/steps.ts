import type { StepSpec } from '../base/step-spec.ts';
import type { digestContracts } from './contract.ts';

/** The step that sends the digest, as in lib/workflow/steps.ts. 300 managers are some 3,300 requests, 8 managers at once. */
export const digestSteps: Readonly<Record<keyof typeof digestContracts, StepSpec>> = {
  SendDigest: {
    purpose: 'sends one message about all managers',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'report'],
    memoryMB: 512,
    touches: [
      'runs:read',
      'manifests:read',
      'archives:read',
      'marks:read',
      'keeps:read',
      'accepts:read',
      'indexes:read',
      'restores:read',
      'topic:publish',
      'targets:read-secrets',
    ],
    entry: true,
  },
};

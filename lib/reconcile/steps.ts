import { RETENTION, type StepSpec } from '../base/step-spec.ts';
import type { reconcileContracts } from './contract.ts';

/** As in lib/workflow/steps.ts; it is in no state machine. */
export const reconcileSteps: Readonly<Record<keyof typeof reconcileContracts, StepSpec>> = {
  Reconcile: {
    purpose: 'compares schedule, runs, records, storage and manager; repairs what is safe',
    timeoutSeconds: 900,
    retries: [],
    memoryMB: 512,
    touches: [
      'secret:read',
      'manager:http',
      'runs:read',
      'restores:read',
      'claims:read',
      'manifests:read',
      'archives:read',
      'archives:abort',
      'executions:describe',
      'topic:publish',
      ...RETENTION,
    ],
    standalone: true,
  },
};

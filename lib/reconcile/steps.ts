import { RETENTION, type StepSpec } from '../base/step-spec.ts';
import type { reconcileContracts } from './contract.ts';

/** The steps of a reconciliation, as in lib/workflow/steps.ts. */
export const reconcileSteps: Readonly<Record<keyof typeof reconcileContracts, StepSpec>> = {
  TidyManager: {
    purpose: 'looks at our snapshots on the manager, removes half-made ones of dead runs',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'runs:read', 'executions:describe'],
    entry: true,
  },
  Reconcile: {
    purpose: 'compares schedule, runs, records and storage; repairs what is safe',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'report'],
    memoryMB: 512,
    touches: [
      'runs:read',
      'restores:read',
      'claims:read',
      'manifests:read',
      'archives:read',
      'archives:abort',
      'bucket:inspect',
      'key:describe',
      'functions:describe',
      'executions:describe',
      'topic:publish',
      'targets:read-secrets',
      'reconciliations:write',
      ...RETENTION,
    ],
    entry: true,
  },
};

import { ONE_CPU_MB, type StepSpec } from '../base/step-spec.ts';
import type { reportContracts } from './contract.ts';

/** The step of a report, as in lib/workflow/steps.ts. */
export const reportSteps: Readonly<Record<keyof typeof reportContracts, StepSpec>> = {
  WriteReport: {
    purpose: 'makes the report from all records, stores it signed, and says where it is',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'report'],
    memoryMB: ONE_CPU_MB,
    touches: [
      'runs:read',
      'manifests:read',
      'marks:read',
      'keeps:read',
      'accepts:read',
      'indexes:read',
      'restores:read',
      'reconciliations:read',
      'archives:read',
      'reports:read',
      'reports:write',
      'reports:lock',
      'records:sign',
      'bucket:inspect',
      'topic:publish',
      'targets:read-secrets',
    ],
    entry: true,
  },
};

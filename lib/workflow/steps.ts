import type { StepName } from '../base/step-names.ts';
import { RETENTION, type StepSpec } from '../base/step-spec.ts';
import { reconcileSteps } from '../reconcile/steps.ts';
import { restoreSteps } from '../restore/steps.ts';
import { verifySteps } from '../verification/steps.ts';

/** 1,769 MB is one whole vCPU (AWS Lambda guide): inflating is bound by it. */
const ONE_CPU_MB = 1769;

/**
 * The table: what each step is given, what it may touch, how long it may take. Infrastructure loops over it for
 * functions and least-privilege grants, the local runner for handlers, test/asl.test.ts holds the state machines to it.
 */
export const steps: Readonly<Record<StepName, StepSpec>> = {
  FindManager: {
    purpose: 'picks a healthy node, claims the night',
    timeoutSeconds: 300,
    memoryMB: 256,
    touches: [
      'secret:read',
      'manager:http',
      'runs:read',
      'runs:write',
      'manifests:read',
      'manifests:delete',
      'archives:read',
      'archives:delete-unrecorded',
      'inspections:delete',
      'executions:describe',
      'archives:lock',
      'manifests:lock',
      ...RETENTION,
    ],
    entry: true,
  },
  CreateSnapshot: {
    purpose: 'asks the manager for a snapshot',
    timeoutSeconds: 420,
    memoryMB: 256,
    touches: ['secret:read', 'manager:http'],
  },
  CheckSnapshot: {
    purpose: 'looks whether the snapshot is ready',
    timeoutSeconds: 300,
    memoryMB: 256,
    touches: ['secret:read', 'manager:http'],
  },
  PlanTransfer: {
    purpose: 'cuts the archive into spans, opens the upload',
    timeoutSeconds: 300,
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'archives:read', 'archives:write'],
  },
  CopySpan: {
    purpose: 'copies one span, part by part',
    timeoutSeconds: 900,
    memoryMB: 512,
    touches: ['secret:read', 'manager:http', 'archives:write'],
  },
  CompleteTransfer: {
    purpose: 'joins the parts, compares sizes and checksum',
    timeoutSeconds: 900,
    memoryMB: 256,
    touches: ['archives:read', 'archives:write'],
  },
  InspectArchive: {
    purpose: 'reads the directory, counts what is inside',
    timeoutSeconds: 900,
    memoryMB: ONE_CPU_MB,
    touches: ['archives:read', 'inspections:write'],
  },
  VerifySpan: {
    purpose: 'inflates every member, compares its CRC-32',
    timeoutSeconds: 900,
    memoryMB: ONE_CPU_MB,
    touches: ['archives:read', 'inspections:read'],
  },
  RecordArchive: {
    purpose: 'writes the manifest, then the retention tags',
    timeoutSeconds: 300,
    memoryMB: 256,
    touches: [
      'runs:read',
      'inspections:read',
      'manifests:read',
      'manifests:write',
      'manifests:delete',
      'archives:read',
      'archives:lock',
      'manifests:lock',
      ...RETENTION,
    ],
  },
  PruneManager: {
    purpose: 'removes our older verified snapshots from the manager',
    timeoutSeconds: 300,
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'manifests:read', 'marks:read', 'archives:read'],
  },
  CleanUp: {
    purpose: 'aborts the upload, removes the half-made snapshot',
    timeoutSeconds: 600,
    memoryMB: 256,
    touches: [
      'secret:read',
      'manager:http',
      'runs:read',
      'manifests:read',
      'archives:read',
      'archives:delete-unrecorded',
      'inspections:delete',
    ],
  },
  ReportRun: {
    purpose: 'says how the run ended, once',
    timeoutSeconds: 120,
    memoryMB: 256,
    touches: ['runs:read', 'runs:write', 'manifests:read', 'archives:read', 'topic:publish'],
  },
  ...restoreSteps,
  ...verifySteps,
  ...reconcileSteps,
};

/** `FindManager` → `find-manager`: the file in functions/ and the name of the Lambda. */
export function fileOf(step: StepName): string {
  return step.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();
}

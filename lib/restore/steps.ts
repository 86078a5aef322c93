import type { StepSpec } from '../base/step-spec.ts';
import type { restoreContracts } from './contract.ts';

/** The steps of a restore, as in lib/workflow/steps.ts. */
export const restoreSteps: Readonly<Record<keyof typeof restoreContracts, StepSpec>> = {
  FindTarget: {
    purpose: 'picks a healthy node, claims the manager',
    timeoutSeconds: 300,
    retries: ['crashedTwice', 'managerAway', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'claims:read', 'claims:write', 'executions:describe'],
    entry: true,
  },
  SelectArchive: {
    purpose: 'picks a verified archive by its manifest, if it is there as it was verified',
    timeoutSeconds: 900,
    retries: ['crashedTwice', 'managerAway', 'storage'],
    memoryMB: 512,
    touches: ['manifests:read', 'marks:read', 'keeps:read', 'accepts:read', 'archives:read'],
  },
  CheckTarget: {
    purpose: 'checks what managers do not check, makes the plan',
    timeoutSeconds: 300,
    retries: ['crashedTwice', 'busy', 'managerAway', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'archives:read', 'restores:read'],
  },
  CompareSpan: {
    purpose: 'reads a range of the stored archive, for its CRC-32',
    timeoutSeconds: 900,
    retries: ['crashedTwice', 'interrupted', 'storage'],
    memoryMB: 512,
    touches: ['archives:read'],
  },
  CheckStored: {
    purpose: 'compares what was read with the manifest, before the manager is asked for anything',
    timeoutSeconds: 60,
    retries: ['crashedTwice'],
    memoryMB: 256,
    touches: [],
  },
  UploadArchive: {
    purpose: 'hands the archive to the manager, by URL or as a stream',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'managerForUpload', 'storage', 'damaged'],
    memoryMB: 512,
    touches: ['secret:read', 'manager:http', 'archives:read'],
  },
  CheckUpload: {
    purpose: 'compares what the manager has stored with the archive',
    timeoutSeconds: 300,
    retries: ['crashedTwice', 'uploadLost', 'manager', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'archives:read'],
  },
  StartRestore: {
    purpose: 'clears stuck executions, asks the manager to restore',
    timeoutSeconds: 600,
    retries: ['crashedWhileAsking', 'busy', 'managerAway', 'credentials', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'claims:read'],
  },
  CheckRestore: {
    purpose: 'looks how far the restore is, with every credential that may be good',
    timeoutSeconds: 420,
    retries: ['crashedTwice'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http'],
  },
  VerifyRestore: {
    purpose: 'compares what the manager holds with what the archive holds',
    timeoutSeconds: 900,
    retries: ['crashedTwice', 'managerOrSecret', 'storage'],
    memoryMB: 512,
    touches: ['secret:read', 'manager:http', 'manifests:read', 'archives:read'],
  },
  TidyTarget: {
    purpose: 'removes what this restore left on the manager',
    timeoutSeconds: 600,
    retries: ['crashedOnce', 'managerShortly', 'storage'],
    memoryMB: 256,
    touches: ['secret:read', 'manager:http', 'claims:read', 'claims:write'],
  },
  RecordRestore: {
    purpose: 'writes the restore report: archive, result, measured times',
    timeoutSeconds: 120,
    retries: ['crashedTwice', 'storage'],
    memoryMB: 256,
    touches: ['restores:read', 'restores:write'],
  },
  ReportRestore: {
    purpose: 'says how the restore ended, once',
    timeoutSeconds: 120,
    retries: ['crashedTwice', 'report'],
    memoryMB: 256,
    touches: ['restores:read', 'topic:publish'],
  },
};

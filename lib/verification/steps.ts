import { ONE_CPU_MB, RETENTION, type StepSpec } from '../base/step-spec.ts';
import type { verifyContracts } from './contract.ts';

/** The steps of a verification, as in lib/workflow/steps.ts; its VerifySpan is that of the export. */
export const verifySteps: Readonly<Record<keyof typeof verifyContracts, StepSpec>> = {
  SelectArchives: {
    purpose: 'picks those that were read longest ago',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'storage'],
    memoryMB: 512,
    touches: ['manifests:read', 'marks:read', 'keeps:read', 'accepts:read', 'archives:read', 'indexes:read'],
    entry: true,
  },
  InspectStored: {
    purpose: 'compares storage with the manifest, reads the directory again',
    timeoutSeconds: 900,
    retries: ['crashedOnce', 'storage', 'damaged'],
    memoryMB: ONE_CPU_MB,
    touches: ['manifests:read', 'archives:read', 'inspections:read', 'inspections:write'],
  },
  MarkArchive: {
    purpose: 'records whether it is intact',
    timeoutSeconds: 300,
    retries: ['crashedTwice', 'storage'],
    memoryMB: 256,
    touches: ['manifests:read', 'marks:write', 'archives:read', ...RETENTION],
  },
  ReportVerification: {
    purpose: 'says what was found, once',
    timeoutSeconds: 120,
    retries: ['crashedTwice', 'report'],
    memoryMB: 256,
    touches: ['marks:read', 'topic:publish', 'targets:read-secrets'],
  },
};

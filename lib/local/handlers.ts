import type { StepName } from '../base/step-names.ts';
import type { Deps } from '../deps.ts';
import { type Step, toHandler } from '../workflow/define-step.ts';

/** The very steps that are deployed, by name. The type makes a step that is missing here an error. All together take 15 MB. */
const steps: { readonly [N in StepName]: () => Promise<Step<N>> } = {
  ClaimRun: async () => (await import('../../functions/claim-run.ts')).claim,
  FindManager: async () => (await import('../../functions/find-manager.ts')).findManager,
  CreateSnapshot: async () => (await import('../../functions/create-snapshot.ts')).createSnapshot,
  CheckSnapshot: async () => (await import('../../functions/check-snapshot.ts')).checkSnapshot,
  PlanTransfer: async () => (await import('../../functions/plan-transfer.ts')).planTransfer,
  CopySpan: async () => (await import('../../functions/copy-span.ts')).copySpan,
  CompleteTransfer: async () => (await import('../../functions/complete-transfer.ts')).completeTransfer,
  InspectArchive: async () => (await import('../../functions/inspect-archive.ts')).inspectArchive,
  VerifySpan: async () => (await import('../../functions/verify-span.ts')).verifySpan,
  RecordArchive: async () => (await import('../../functions/record-archive.ts')).recordArchive,
  PruneManager: async () => (await import('../../functions/prune-manager.ts')).pruneManager,
  RemoveUnverified: async () => (await import('../../functions/remove-unverified.ts')).removeUnverified,
  CleanUp: async () => (await import('../../functions/clean-up.ts')).cleanUp,
  ReportRun: async () => (await import('../../functions/report-run.ts')).reportRun,
  FindTarget: async () => (await import('../../functions/find-target.ts')).findTarget,
  SelectArchive: async () => (await import('../../functions/select-archive.ts')).selectArchive,
  CheckTarget: async () => (await import('../../functions/check-target.ts')).checkTarget,
  CheckApproval: async () => (await import('../../functions/check-approval.ts')).checkApproval,
  CompareSpan: async () => (await import('../../functions/compare-span.ts')).compareSpan,
  CheckStored: async () => (await import('../../functions/check-stored.ts')).checkStored,
  UploadArchive: async () => (await import('../../functions/upload-archive.ts')).uploadArchive,
  CheckUpload: async () => (await import('../../functions/check-upload.ts')).checkUpload,
  StartRestore: async () => (await import('../../functions/start-restore.ts')).startRestore,
  CheckRestore: async () => (await import('../../functions/check-restore.ts')).checkRestore,
  VerifyRestore: async () => (await import('../../functions/verify-restore.ts')).verifyRestore,
  TidyTarget: async () => (await import('../../functions/tidy-target.ts')).tidyTarget,
  RecordRestore: async () => (await import('../../functions/record-restore.ts')).recordRestore,
  ReportRestore: async () => (await import('../../functions/report-restore.ts')).reportRestore,
  SelectArchives: async () => (await import('../../functions/select-archives.ts')).selectArchives,
  InspectStored: async () => (await import('../../functions/inspect-stored.ts')).inspectStored,
  MarkArchive: async () => (await import('../../functions/mark-archive.ts')).markArchive,
  ReportVerification: async () => (await import('../../functions/report-verification.ts')).reportVerification,
  TidyManager: async () => (await import('../../functions/tidy-manager.ts')).tidyManager,
  ApproveRestore: async () => (await import('../../functions/approve-restore.ts')).approveRestore,
  RecordDecision: async () => (await import('../../functions/record-decision.ts')).recordDecision,
  Reconcile: async () => (await import('../../functions/reconcile.ts')).reconcile,
  WriteReport: async () => (await import('../../functions/write-report.ts')).writeReport,
  Diagnose: async () => (await import('../../functions/diagnose.ts')).diagnose,
  SendDigest: async () => (await import('../../functions/send-digest.ts')).sendDigest,
};

export type StepHandler = (event: unknown) => Promise<unknown>;

/** Loads steps before a run begins that may take hours: an upgrade meanwhile replaces the files that they are in. */
export async function loadSteps(names: Iterable<StepName>): Promise<void> {
  for (const name of new Set(names)) await steps[name]();
}

/** Each step behind the same parsing and redacting that its Lambda has; loaded when it is called first. */
export function handlersOf(deps: Deps): Record<StepName, StepHandler> {
  const loaded = Object.entries(steps).map(([name, load]) => [
    name,
    async (event: unknown) => await toHandler((await load()) as Step, () => deps)(event),
  ]);
  return Object.fromEntries(loaded) as Record<StepName, StepHandler>;
}

import { approveRestore } from '../../functions/approve-restore.ts';
import { checkApproval } from '../../functions/check-approval.ts';
import { checkRestore } from '../../functions/check-restore.ts';
import { checkSnapshot } from '../../functions/check-snapshot.ts';
import { checkStored } from '../../functions/check-stored.ts';
import { checkTarget } from '../../functions/check-target.ts';
import { checkUpload } from '../../functions/check-upload.ts';
import { claim } from '../../functions/claim-run.ts';
import { cleanUp } from '../../functions/clean-up.ts';
import { compareSpan } from '../../functions/compare-span.ts';
import { completeTransfer } from '../../functions/complete-transfer.ts';
import { copySpan } from '../../functions/copy-span.ts';
import { createSnapshot } from '../../functions/create-snapshot.ts';
import { diagnose } from '../../functions/diagnose.ts';
import { findManager } from '../../functions/find-manager.ts';
import { findTarget } from '../../functions/find-target.ts';
import { inspectArchive } from '../../functions/inspect-archive.ts';
import { inspectStored } from '../../functions/inspect-stored.ts';
import { markArchive } from '../../functions/mark-archive.ts';
import { planTransfer } from '../../functions/plan-transfer.ts';
import { pruneManager } from '../../functions/prune-manager.ts';
import { reconcile } from '../../functions/reconcile.ts';
import { recordArchive } from '../../functions/record-archive.ts';
import { recordDecision } from '../../functions/record-decision.ts';
import { recordRestore } from '../../functions/record-restore.ts';
import { removeUnverified } from '../../functions/remove-unverified.ts';
import { reportRestore } from '../../functions/report-restore.ts';
import { reportRun } from '../../functions/report-run.ts';
import { reportVerification } from '../../functions/report-verification.ts';
import { selectArchive } from '../../functions/select-archive.ts';
import { selectArchives } from '../../functions/select-archives.ts';
import { sendDigest } from '../../functions/send-digest.ts';
import { startRestore } from '../../functions/start-restore.ts';
import { tidyManager } from '../../functions/tidy-manager.ts';
import { tidyTarget } from '../../functions/tidy-target.ts';
import { uploadArchive } from '../../functions/upload-archive.ts';
import { verifyRestore } from '../../functions/verify-restore.ts';
import { verifySpan } from '../../functions/verify-span.ts';
import { writeReport } from '../../functions/write-report.ts';
import type { StepName } from '../base/step-names.ts';
import type { Deps } from '../deps.ts';
import { type Step, toHandler } from '../workflow/define-step.ts';

/** The very steps that are deployed, by name. The type makes a step that is missing here an error. */
const steps: { readonly [N in StepName]: Step<N> } = {
  ClaimRun: claim,
  FindManager: findManager,
  CreateSnapshot: createSnapshot,
  CheckSnapshot: checkSnapshot,
  PlanTransfer: planTransfer,
  CopySpan: copySpan,
  CompleteTransfer: completeTransfer,
  InspectArchive: inspectArchive,
  VerifySpan: verifySpan,
  RecordArchive: recordArchive,
  PruneManager: pruneManager,
  RemoveUnverified: removeUnverified,
  CleanUp: cleanUp,
  ReportRun: reportRun,
  FindTarget: findTarget,
  SelectArchive: selectArchive,
  CheckTarget: checkTarget,
  CheckApproval: checkApproval,
  CompareSpan: compareSpan,
  CheckStored: checkStored,
  UploadArchive: uploadArchive,
  CheckUpload: checkUpload,
  StartRestore: startRestore,
  CheckRestore: checkRestore,
  VerifyRestore: verifyRestore,
  TidyTarget: tidyTarget,
  RecordRestore: recordRestore,
  ReportRestore: reportRestore,
  SelectArchives: selectArchives,
  InspectStored: inspectStored,
  MarkArchive: markArchive,
  ReportVerification: reportVerification,
  TidyManager: tidyManager,
  ApproveRestore: approveRestore,
  RecordDecision: recordDecision,
  Reconcile: reconcile,
  WriteReport: writeReport,
  Diagnose: diagnose,
  SendDigest: sendDigest,
};

export type StepHandler = (event: unknown) => Promise<unknown>;

/** Each step behind the same parsing and redacting that its Lambda has. */
export function handlersOf(deps: Deps): Record<StepName, StepHandler> {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [name, toHandler(step as Step, () => deps) as StepHandler]),
  ) as Record<StepName, StepHandler>;
}

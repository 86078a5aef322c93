/**
 * Every step of the state machines, in the order of the flows. The names are
 * those of functions, roles and alarms, and keys of `concurrency` in offsite.json. What each is: lib/workflow/steps.ts.
 */
export const stepNames = [
  'ClaimRun',
  'FindManager',
  'CreateSnapshot',
  'CheckSnapshot',
  'PlanTransfer',
  'CopySpan',
  'CompleteTransfer',
  'InspectArchive',
  'VerifySpan',
  'RecordArchive',
  'PruneManager',
  'RemoveUnverified',
  'CleanUp',
  'ReportRun',
  'FindTarget',
  'SelectArchive',
  'CheckTarget',
  'CompareSpan',
  'CheckStored',
  'CheckApproval',
  'UploadArchive',
  'CheckUpload',
  'StartRestore',
  'CheckRestore',
  'VerifyRestore',
  'TidyTarget',
  'RecordRestore',
  'ReportRestore',
  'SelectArchives',
  'InspectStored',
  'MarkArchive',
  'ReportVerification',
  'TidyManager',
  'ApproveRestore',
  'RecordDecision',
  'Reconcile',
] as const;

export type StepName = (typeof stepNames)[number];

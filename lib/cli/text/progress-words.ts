import { approveCommand } from '../../approval/command.ts';
import { minutes } from '../../base/durations.ts';

/** What a state does, for a person who watches. States that say nothing to them are not here. */
export const WORDS: Readonly<Record<string, string>> = {
  FindManager: 'Looking for a healthy node',
  CreateSnapshot: 'Asking for a snapshot',
  CheckSnapshot: 'Waiting for the snapshot',
  PlanTransfer: 'Planning the transfer',
  CopySpans: 'Copying to storage',
  CompleteTransfer: 'Completing the archive',
  InspectArchive: 'Reading what is inside',
  VerifySpans: 'Verifying every file',
  RecordArchive: 'Recording the archive',
  PruneManager: 'Cleaning up the manager',
  RemoveUnverified: 'Removing what is not verified',
  CleanUp: 'Cleaning up',
  FindTarget: 'Looking for a healthy node',
  SelectArchive: 'Choosing the archive',
  CheckTarget: 'Checking the manager',
  WaitForApproval: 'Waiting for an approval',
  CompareStored: 'Reading the stored archive',
  UploadArchive: 'Handing over the archive',
  StreamArchive: 'Streaming the archive',
  CheckUpload: 'Comparing what arrived',
  StartRestore: 'Asking for the restore',
  AskAgain: 'Asking for the restore again',
  CheckRestore: 'Restoring on the manager',
  VerifyRestore: 'Comparing with the archive',
  TidyTarget: 'Cleaning up the manager',
  RecordRestore: 'Recording the restore report',
  SelectArchives: 'Choosing the archives',
  InspectStored: 'Reading an archive again',
  ReportVerification: 'Summing up',
  TidyAfterFailure: 'Cleaning up',
  RecordFailure: 'Recording the restore report',
};
/** Whoever enters these has not done what the state before them was to do. */
export const AFTER_FAILURE: ReadonlySet<string> = new Set([
  'RemoveUnverified',
  'CleanUp',
  'TidyAfterFailure',
  'StreamArchive',
]);

/** What of a machine's state says how much there is to do, and how far a restore is. */
interface KnownTotals {
  readonly plan?: {
    readonly transfer?: { readonly size?: number };
    readonly method?: string;
    readonly compareSpans?: readonly number[];
  };
  readonly stored?: { readonly size?: number };
  readonly inspection?: { readonly stored?: { readonly size?: number } };
  readonly archive?: string;
  readonly selection?: { readonly size?: number };
  readonly run?: { readonly manager: string; readonly restore: string };
  readonly restoring?: { readonly lastStatus?: string | null; readonly awaySince?: string | null };
}

/** Bytes that a state is going to move; 0: none, or the manager fetches them by itself and nobody sees how far it is. */
export function totalOf(state: string, input: unknown): number {
  const { plan, stored, inspection, selection } = (input ?? {}) as KnownTotals;
  if (state === 'CopySpans') return plan?.transfer?.size ?? 0;
  if (state === 'VerifySpans') return stored?.size ?? inspection?.stored?.size ?? 0;
  if (state === 'CompareStored') return plan?.compareSpans?.length ? (selection?.size ?? 0) : 0;
  const streams = state === 'StreamArchive' || (state === 'UploadArchive' && plan?.method === 'stream');
  return streams ? (selection?.size ?? 0) : 0;
}

/** What somebody has to do before a state ends; empty for most. */
export function requestOf(state: string, input: unknown): string {
  const { run } = (input ?? {}) as KnownTotals;
  if (state !== 'WaitForApproval' || !run) return '';
  return `Manager ${run.manager} is not empty. An approver decides with: ${approveCommand(run)}`;
}

/** Minutes without an answer after which a person is told so, once each. A legacy restore stops REST for some of them. */
const AWAY_MINUTES = [5, 15, 60, 240];

/** Which archive it is about, or what the manager said of the restore at the last look; empty for neither. */
export function statusOf(state: string, input: unknown, now: number): string {
  const { archive = '', restoring } = (input ?? {}) as KnownTotals;
  if (state === 'InspectStored') return archive;
  if (state !== 'CheckRestore') return '';
  const { lastStatus, awaySince } = restoring ?? {};
  const silentFor = awaySince ? now - Date.parse(awaySince) : 0;
  const over = AWAY_MINUTES.findLast((limit) => silentFor >= minutes(limit));
  const silence =
    over && `no answer for over ${over} min: on the manager, does "cfy_manager status" show its services up?`;
  return [lastStatus ? `execution ${lastStatus}` : '', silence].filter(Boolean).join(', ');
}

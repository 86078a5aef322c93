/**
 * Every error a state machine can decide on, one class per decision. The `name` is a literal: Step Functions matches on
 * it, and a subclass without one arrives there as "Error". The message is for the person who is paged: what happened,
 * to which manager or archive, and what to do next. It never carries a credential or a signed URL.
 */
export class OffsiteError extends Error {}
// --- What the caller gave us is wrong. Trying again will not help; changing it will. ---
/** The execution input (or a CLI argument that becomes one) is wrong. The message names the field. */
export class InvalidInput extends OffsiteError {
  name = 'InvalidInput';
}
/** The environment or the configuration of the installation is wrong. The message names the setting. */
export class InvalidConfiguration extends OffsiteError {
  name = 'InvalidConfiguration';
}
/**
 * The manager's secret is missing or malformed. The message names the field, never its value. `problems` has the same as
 * facts, for speakers to whom the fields have other names: the command line has options.
 */
export class InvalidSecret extends OffsiteError {
  name = 'InvalidSecret';
  problems;
  constructor(message, problems = []) {
    super(message);
    this.problems = problems;
  }
}
/** A step was handed, or handed back, something that its contract does not allow. A defect of ours: never retried. */
export class ContractViolation extends OffsiteError {
  name = 'ContractViolation';
}
// --- The manager ---
/** The manager did not answer as it should just now (5xx, time-out, refused connection, rate limit). Retry. */
export class ManagerUnavailable extends OffsiteError {
  name = 'ManagerUnavailable';
}
/** Other executions are running on the manager, so it accepts no snapshot now. Retry for hours. */
export class ManagerBusy extends OffsiteError {
  name = 'ManagerBusy';
}
/** The manager rejected the user name and password, or the token (HTTP 401), also after the secret was read afresh. */
export class CredentialsRejected extends OffsiteError {
  name = 'CredentialsRejected';
}
/** The credentials are good but not enough (HTTP 403): snapshots need the role sys_admin and a tenant that exists. */
export class PermissionDenied extends OffsiteError {
  name = 'PermissionDenied';
}
/** The manager's certificate is not signed by a CA that we were told to trust, or is for another name. */
export class CertificateUntrusted extends OffsiteError {
  name = 'CertificateUntrusted';
}
/** The nodes of one manager tell different stories: they may not share one database any more. */
export class SplitBrainSuspected extends OffsiteError {
  name = 'SplitBrainSuspected';
}
/** The manager is too old, unlicensed, or no Cloudify Manager at all. */
export class ManagerUnsupported extends OffsiteError {
  name = 'ManagerUnsupported';
}
/** The manager answered with something the contract does not know. Retrying would be guessing. */
export class UnexpectedReply extends OffsiteError {
  name = 'UnexpectedReply';
}
// --- The snapshot on the manager ---
/** The manager says that the snapshot failed, and why. */
export class SnapshotFailed extends OffsiteError {
  name = 'SnapshotFailed';
}
/** The snapshot was not ready before its deadline; the manager's worker may be dead. */
export class SnapshotTimedOut extends OffsiteError {
  name = 'SnapshotTimedOut';
}
/** The snapshot, or its archive, vanished from the manager while we worked on it. */
export class SnapshotLost extends OffsiteError {
  name = 'SnapshotLost';
}
// --- The transfer ---
/** The archive is larger than the transfer can carry, by number of parts or without ranges. */
export class ArchiveTooLarge extends OffsiteError {
  name = 'ArchiveTooLarge';
}
/** The archive on the manager changed (ETag or size) after the transfer was planned. */
export class SourceChanged extends OffsiteError {
  name = 'SourceChanged';
}
/** A body ended early, came too long, or was not the range that we asked for. Retry: stored parts are kept. */
export class TransferInterrupted extends OffsiteError {
  name = 'TransferInterrupted';
}
/** The parts in storage are not those of the plan. */
export class IncompleteTransfer extends OffsiteError {
  name = 'IncompleteTransfer';
}
/** What is stored does not have the size or checksum of what was sent. */
export class ChecksumMismatch extends OffsiteError {
  name = 'ChecksumMismatch';
}
// --- Storage ---
/** S3 did not answer as it should just now (SlowDown, 5xx, time-out, reset). Retry. */
export class StorageUnavailable extends OffsiteError {
  name = 'StorageUnavailable';
}
/** S3 said no for a reason that stays (access denied, no such bucket, wrong key, read-only folder). */
export class StorageRefused extends OffsiteError {
  name = 'StorageRefused';
}
// --- The archive itself ---
/** The archive has no bytes at all. */
export class ArchiveEmpty extends OffsiteError {
  name = 'ArchiveEmpty';
}
/** The bytes are no zip archive (an HTML login page, for example). */
export class NotAnArchive extends OffsiteError {
  name = 'NotAnArchive';
}
/** It begins like a zip archive but its end record or directory is missing or points outside. */
export class ArchiveTruncated extends OffsiteError {
  name = 'ArchiveTruncated';
}
/** A member's bytes do not inflate to the size and CRC-32 that the manager wrote in the directory. */
export class MemberCorrupt extends OffsiteError {
  name = 'MemberCorrupt';
}
/** A member that a restore needs is not in the archive. */
export class MemberMissing extends OffsiteError {
  name = 'MemberMissing';
}
/** The archive uses something that managers never write (encryption, unknown compression, no or odd metadata). */
export class ArchiveUnsupported extends OffsiteError {
  name = 'ArchiveUnsupported';
}
/** Not every member of the archive was verified. */
export class VerificationIncomplete extends OffsiteError {
  name = 'VerificationIncomplete';
}
/** The version that a manifest vouches for is not in storage. */
export class ArchiveGone extends OffsiteError {
  name = 'ArchiveGone';
}
/** Stored archives were read again, and are not what the manager wrote. */
export class ArchiveDamaged extends OffsiteError {
  name = 'ArchiveDamaged';
}
// --- A restore ---
/** There is no verified archive as asked for. */
export class ArchiveNotFound extends OffsiteError {
  name = 'ArchiveNotFound';
}
/** A drill was to overwrite a manager whose secret does not say that drills may. */
export class DrillRefused extends OffsiteError {
  name = 'DrillRefused';
}
/** Another restore of ours is at work on this manager. */
export class TargetClaimed extends OffsiteError {
  name = 'TargetClaimed';
}
/** The manager holds data, and `force` was not given. */
export class TargetNotEmpty extends OffsiteError {
  name = 'TargetNotEmpty';
}
/** This manager cannot restore this archive: it is older than the archive, or does not know its format. */
export class TargetUnsuitable extends OffsiteError {
  name = 'TargetUnsuitable';
}
/** Nobody approved a restore in time, or its approval was given too long ago. */
export class ApprovalExpired extends OffsiteError {
  name = 'ApprovalExpired';
}
/** An approver has rejected the restore. */
export class ApprovalRefused extends OffsiteError {
  name = 'ApprovalRefused';
}
/** The manager holds something, and there is no approval of exactly this restore. */
export class NotApproved extends OffsiteError {
  name = 'NotApproved';
}
/** An approver names a restore that does not wait, or no longer, or that is not what was read. */
export class NothingToApprove extends OffsiteError {
  name = 'NothingToApprove';
}
/** The manager cannot fetch the archive from the URL that it was given. Stream it instead. */
export class UrlUnreachable extends OffsiteError {
  name = 'UrlUnreachable';
}
/** What the manager has stored is not the archive that it was given. */
export class UploadMismatch extends OffsiteError {
  name = 'UploadMismatch';
}
/** The manager says that the restore failed, and why. */
export class RestoreFailed extends OffsiteError {
  name = 'RestoreFailed';
}
/** How the restore ended is not known: it was never started, or nobody reported its end before the deadline. */
export class RestoreUnknown extends OffsiteError {
  name = 'RestoreUnknown';
}
/** The restore ended, but the manager does not hold what the archive holds. Made by the state machine itself. */
export class RestorePartial extends OffsiteError {
  name = 'RestorePartial';
}
// --- The run ---
/** A manifest or run record for this snapshot exists already and says something else. */
export class RecordConflict extends OffsiteError {
  name = 'RecordConflict';
}
/** A record is not what was signed: changed, moved, signed with a key that is not trusted, or its signature is gone. */
export class RecordForged extends OffsiteError {
  name = 'RecordForged';
}
/** The report of the run could not be delivered. */
export class ReportFailed extends OffsiteError {
  name = 'ReportFailed';
}
/** Somebody stopped the run (Ctrl-C) before it was over. */
export class Interrupted extends OffsiteError {
  name = 'Interrupted';
}

import { hours, seconds } from './durations.ts';
/** What an installation can turn, with the default of each and why it is what it is. Read from the environment once. */
export interface Settings {
  /** Hours of patience with one snapshot. A 12-hour snapshot still fits the history (test/limits.test.ts). */
  readonly snapshotDeadlineSeconds: number;
  /** Snapshots of ours that stay on the manager after a verified copy exists: the fastest restore is the one at home. */
  readonly keepOnManager: number;
  /** One reply of the manager. Its own worker is killed after 300 s (contract.md §1.7); a healthy one needs < 5 s. */
  readonly managerTimeoutMs: number;
  /** The reply to an upload: nginx gives up after 330 s, and may tell us so (contract.md §1.7). */
  readonly uploadTimeoutMs: number;
  /** One look at a restore, which is soon repeated: no need to wait longer for a manager whose database is locked. */
  readonly lookTimeoutMs: number;
  /** Silence between two bytes of an archive. The manager's nginx itself gives up after 60 s (hazards.md K20). */
  readonly managerIdleMs: number;
  /** How long an archive may stand still because storage is slow, before its connection is given up and opened again. */
  readonly managerPauseMs: number;
  /** S3 asks for at least 5 MiB; 16 MiB keeps requests few and a lost part cheap. */
  readonly partSize: number;
  /** About what one function copies in 15 minutes at a floor of 2 MB/s, with half the time in reserve. */
  readonly spanSize: number;
  /** What one function copies when the manager serves no ranges: 840 s at a floor of 20 MB/s. */
  readonly sequentialLimit: number;
  /** What one function streams to a manager: 840 s at 20 MB/s, half of it for what the manager does with it. */
  readonly streamLimit: number;
  /** An upload of up to this size is read back whole: half a minute a node at 2 MB/s. Of a larger one, places. */
  readonly readBackBytes: number;
  /** Compressed bytes that one function verifies. */
  readonly verifySpanSize: number;
  /** Memory for parts on their way, of the whole process. 64 MiB: one part is filled while three are put. */
  readonly bufferBytes: number;
  /** How fast a manager is thought to fetch an archive by URL, bytes a second: what needs over 240 s is streamed. */
  readonly urlBytesPerSecond: number;
  /** Patience with one restore, in seconds: the manager has no time-out of its own (contract.md §7.1). */
  readonly restoreDeadlineSeconds: number;
}

/** The longest patience that one execution has room for, in its history and its 48 h (test/limits.test.ts). */
export const MOST_SNAPSHOT_HOURS = 20;
export const MOST_RESTORE_HOURS = 24;
/** So long a restore may wait to be approved. */
export const MOST_APPROVAL_HOURS = 24;
/** Approval and restore together: the execution is given up after 42 h (lib/restore/watch/deadlines.ts), and an upload needs some. */
export const MOST_APPROVAL_AND_RESTORE_HOURS = 36;

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

export const defaults: Settings = {
  snapshotDeadlineSeconds: hours(12) / seconds(1),
  keepOnManager: 2,
  managerTimeoutMs: seconds(75),
  lookTimeoutMs: seconds(20),
  uploadTimeoutMs: seconds(345),
  managerIdleMs: seconds(60),
  managerPauseMs: seconds(45),
  partSize: 16 * MiB,
  spanSize: GiB,
  sequentialLimit: 16 * GiB,
  streamLimit: 8 * GiB,
  readBackBytes: 64 * MiB,
  verifySpanSize: 2 * GiB,
  bufferBytes: 64 * MiB,
  urlBytesPerSecond: 20_000_000,
  restoreDeadlineSeconds: hours(12) / seconds(1),
};

/**
 * One process that does what many functions do in AWS, with the memory of one: smaller parts and spans, because four
 * spans are copied at once.
 */
export const localDefaults: Settings = {
  ...defaults,
  partSize: 5 * MiB,
  bufferBytes: 25 * MiB,
  verifySpanSize: 256 * MiB,
};

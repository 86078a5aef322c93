import { hours, seconds } from './durations.ts';
/** The longest patience that one execution has room for, in its history and its 48 h (test/limits.test.ts). */
export const MOST_SNAPSHOT_HOURS = 20;
export const MOST_RESTORE_HOURS = 24;
/** So long a restore may wait to be approved. */
export const MOST_APPROVAL_HOURS = 24;
/** Approval and restore together: the execution is given up after 42 h (lib/restore/watch/deadlines.ts), and an upload needs some. */
export const MOST_APPROVAL_AND_RESTORE_HOURS = 36;
const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
export const defaults = {
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
export const localDefaults = {
  ...defaults,
  partSize: 5 * MiB,
  bufferBytes: 25 * MiB,
  verifySpanSize: 256 * MiB,
};

import type * as errors from '../base/errors.ts';
import type { StepName } from '../base/step-names.ts';
import type { RetryName } from '../base/step-spec.ts';
import { errorsOf, type ServiceError } from './service-errors.ts';
import { steps } from './steps.ts';

/**
 * What Step Functions tries again, how often, and for how long in all. The rows of the steps name these policies;
 * lib/workflow/definition.ts writes them into the state machines, tools/list-retries.ts into docs/reference/errors.md.
 */

/** One rule of a state's `Retry`, in the words of the Amazon States Language. */
export interface Retrier {
  readonly ErrorEquals: readonly (OurError | ServiceError)[];
  /** Before the first further attempt. */
  readonly IntervalSeconds: number;
  /** Further attempts: the first one is not counted. */
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds?: number;
  /** Each wait is a random share of itself: never longer, half as long on average. */
  readonly JitterStrategy?: 'FULL';
}

type OurError = Exclude<keyof typeof errors, 'OffsiteError'>;
/** No answer came: killed, out of time or out of memory. The work may have been done all the same. */
const crashed = {
  ErrorEquals: errorsOf('crashed'),
  IntervalSeconds: 5,
  BackoffRate: 2,
} as const;

/** 10 + 20 + 40 + 80 + 160 + 6 × 300 s = 35 min: a manager that restarts, or enters maintenance. */
const whileManagerRestarts = {
  IntervalSeconds: 10,
  MaxAttempts: 11,
  BackoffRate: 2,
  MaxDelaySeconds: 300,
  JitterStrategy: 'FULL',
} as const;

/** 2 + 4 + 8 + 16 + 32 + 64 + 4 × 120 s = 10 min: a throttled or failing service of AWS. */
const whileServiceFails = {
  IntervalSeconds: 2,
  MaxAttempts: 10,
  BackoffRate: 2,
  MaxDelaySeconds: 120,
  JitterStrategy: 'FULL',
} as const;

/** The call of a function failed, not the function. Every step has these three, before those of its row. */
export const ofEveryStep: readonly Retrier[] = [
  // 2 + 4 + 8 + 16 + 32 + 64 = 126 s.
  { ErrorEquals: errorsOf('fault'), IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 },
  // 5 + 10 + 20 + 40 + 6 × 60 s = 7 min. A function in a VPC is reactivated in one or two; no jitter, which would halve it.
  { ErrorEquals: errorsOf('waking'), IntervalSeconds: 5, MaxAttempts: 10, BackoffRate: 2, MaxDelaySeconds: 60 },
  // 5 + 10 + … + 160 + 54 × 300 s = 4.6 h. Those that are ahead copy for up to 15 min each.
  {
    ErrorEquals: errorsOf('throttled'),
    IntervalSeconds: 5,
    MaxAttempts: 60,
    BackoffRate: 2,
    MaxDelaySeconds: 300,
    JitterStrategy: 'FULL',
  },
];

/** The policies that a row can name. */
export const retries: Readonly<Record<RetryName, Retrier>> = {
  /** 5 s. A second attempt takes up to 15 min again; a third would only keep people waiting for the message. */
  crashedOnce: { ...crashed, MaxAttempts: 1 },
  /** 5 + 10 = 15 s. */
  crashedTwice: { ...crashed, MaxAttempts: 2 },
  /** 5 + 10 + 20 = 35 s. Each attempt copies only the parts that storage does not have. */
  crashedThreeTimes: { ...crashed, MaxAttempts: 3 },
  /** 330 + 660 s = 17 min. A killed function may have sent its request: the manager needs 330 s to give that up. */
  crashedWhileAsking: { ...crashed, IntervalSeconds: 330, MaxAttempts: 2 },

  storage: { ErrorEquals: ['StorageUnavailable'], ...whileServiceFails },
  report: { ErrorEquals: ['StorageUnavailable', 'ReportFailed'], ...whileServiceFails },

  managerAway: { ErrorEquals: ['ManagerUnavailable'], ...whileManagerRestarts },
  manager: { ErrorEquals: ['ManagerUnavailable', 'ManagerBusy'], ...whileManagerRestarts },
  /** A legacy restore brings back the archive's credentials, and a secret may be replaced while they are compared. */
  managerOrSecret: { ErrorEquals: ['ManagerUnavailable', 'ManagerBusy', 'InvalidSecret'], ...whileManagerRestarts },
  /** 10 + 20 + 40 + 80 = 150 s: a person waits for the message that follows. */
  managerShortly: {
    ErrorEquals: ['ManagerUnavailable', 'ManagerBusy'],
    IntervalSeconds: 10,
    MaxAttempts: 4,
    BackoffRate: 2,
  },
  /** 15 + 30 + 60 = 105 s: by URL, the archive is then sent as a stream instead. */
  managerForUpload: {
    ErrorEquals: ['ManagerUnavailable', 'ManagerBusy'],
    IntervalSeconds: 15,
    MaxAttempts: 3,
    BackoffRate: 2,
  },
  /** 30 + 45 + 67 + … + 22 × 300 s = 2 h. Managers up to 7.0.3 make no snapshot while other executions run. */
  busyForHours: {
    ErrorEquals: ['ManagerBusy'],
    IntervalSeconds: 30,
    MaxAttempts: 28,
    BackoffRate: 1.5,
    MaxDelaySeconds: 300,
  },
  /** 30 + 45 + 67 + 101 + 152 + 228 s = 10 min: somebody waits for the restore. */
  busy: {
    ErrorEquals: ['ManagerBusy'],
    IntervalSeconds: 30,
    MaxAttempts: 6,
    BackoffRate: 1.5,
    MaxDelaySeconds: 300,
  },

  /** 10 + 15 + 22 + 34 + 51 = 132 s. In a cluster the file arrives after the database has the row. */
  snapshotLost: { ErrorEquals: ['SnapshotLost'], IntervalSeconds: 10, MaxAttempts: 5, BackoffRate: 1.5 },
  /** 10 + 15 + … + 114 + 5 × 120 s = 15 min. A large archive takes a while from one node to its fellows. */
  uploadLost: {
    ErrorEquals: ['SnapshotLost'],
    IntervalSeconds: 10,
    MaxAttempts: 12,
    BackoffRate: 1.5,
    MaxDelaySeconds: 120,
  },
  /** 3 + 6 + 12 + 24 + 48 + 96 + 2 × 120 s = 7 min. Each attempt copies only the missing parts. */
  interrupted: {
    ErrorEquals: ['TransferInterrupted'],
    IntervalSeconds: 3,
    MaxAttempts: 8,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
  },
  /** 10 s. One bad read, of a disk or on the way, condemns no archive: the second one does. */
  damaged: {
    ErrorEquals: [
      'ArchiveDamaged',
      'ArchiveEmpty',
      'ArchiveTruncated',
      'ArchiveUnsupported',
      'ChecksumMismatch',
      'MemberCorrupt',
      'MemberMissing',
      'NotAnArchive',
    ],
    IntervalSeconds: 10,
    MaxAttempts: 1,
    BackoffRate: 1,
  },
  /** 60 + 90 + 135 + 202 + 5 × 300 s = 33 min. A restore that an earlier attempt has begun rejects good credentials. */
  credentials: {
    ErrorEquals: ['CredentialsRejected', 'UnexpectedReply', 'InvalidSecret'],
    IntervalSeconds: 60,
    MaxAttempts: 9,
    BackoffRate: 1.5,
    MaxDelaySeconds: 300,
  },
};

/** The `Retry` of every state that calls this step. */
export function retriersOf(step: StepName): readonly Retrier[] {
  return [...ofEveryStep, ...steps[step].retries.map((name) => retries[name])];
}

/** Sum of all waits, in seconds; jitter left out, so at most. */
export function longestWait({ IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }: Retrier): number {
  const waits = Array.from({ length: MaxAttempts }, (_, n) =>
    Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds ?? Number.POSITIVE_INFINITY),
  );
  return waits.reduce((sum, wait) => sum + wait, 0);
}

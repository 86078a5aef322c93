import { hours } from './durations.ts';
import type { MetricName } from './metric-names.ts';

/** Time, handed in: nothing in a step looks at the wall clock or waits by itself. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Log {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

export interface Metrics {
  /** One number of one manager, e.g. `ArchiveBytes`. */
  put(name: MetricName, unit: 'Bytes' | 'Count' | 'Seconds', value: number, manager: string): void;
}

/** What a message is about: from this targets and subscriptions choose what they hear. */
export interface Occasion {
  readonly about: 'export' | 'restore' | 'approval' | 'verify' | 'reconcile' | 'retention' | 'digest' | 'report';
  /** `recovery`: the first success after a failure. `attention`: no failure, and still for whoever hears of failures. */
  readonly outcome: 'success' | 'recovery' | 'failure' | 'attention';
  /** Null: of all managers, or of none that is known. */
  readonly manager: string | null;
  readonly execution?: string | null;
  /** Targets that the run before could not tell: they are not news. */
  readonly silentBefore?: readonly string[];
}

/** A target that could not be notified, and why. */
export interface Undelivered {
  readonly target: string;
  readonly error: string;
}

/** Who delivers the report of a run to people. */
export interface Notifier {
  /** Gives the targets that could not be notified; they never fail a run. Throws `ReportFailed` when nobody was told. */
  publish(
    subject: string,
    body: Record<string, unknown>,
    occasion: Occasion,
  ): Promise<readonly Undelivered[] | undefined>;
  /** Tells those who wait for pings that a run has begun. Never throws. */
  begun?(occasion: Omit<Occasion, 'outcome'>): Promise<void>;
}

/** Keys of KMS. */
export interface Keys {
  /** ARN of the key that encrypts archives. */
  readonly archiveKey: string;
  /** `Enabled`, `Disabled`, `PendingDeletion` and so on, as KMS says. Throws `StorageRefused`, `StorageUnavailable`. */
  stateOf(key: string): Promise<string>;
}

/** Functions of the stack, as Lambda sees them. */
export interface Functions {
  /** `Active`, `Pending`, `Inactive`, `Failed` with its reason, or `missing`: of the function of a step, in the group of the manager. */
  stateOf(manager: string, step: string): Promise<string>;
}

/** Whether another execution is still at work: decides between "duplicate" and "the first one died, go on". */
export interface Executions {
  isRunning(execution: string): Promise<'running' | 'ended' | 'unknown'>;
}

/** Longer than an execution can live (TimeoutSeconds of the state machines, 48 h): what is older is of a dead one. */
export const DEAD_AFTER_MS = hours(49);

/** How far a transfer is, for a person who watches. */
export interface Progress {
  bytes(kind: 'copied' | 'verified' | 'compared' | 'uploaded', count: number): void;
}

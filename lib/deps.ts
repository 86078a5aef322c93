import type { Clock, Executions, Functions, Keys, Log, Metrics, Notifier, Progress } from './base/ports.ts';
import type { Redactor } from './base/redact.ts';
import type { Settings } from './base/settings.ts';
import type { ManagerRules } from './config/manager-rules.ts';
import type { OffsiteConfig } from './config/offsite-config.ts';
import type { Managers } from './manager/managers.ts';
import type { Network } from './network/network.ts';
import type { ArchiveBucket } from './storage/archive-bucket.ts';
import type { SpanThreads } from './storage/stored-span.ts';
import type { Bandwidth } from './transfer/bandwidth.ts';
import type { PartBuffers } from './transfer/part-buffers.ts';
import type { UploadLimiter } from './transfer/upload-limiter.ts';

/** What is known of the installation beside its records. */
export interface Installed {
  /** Undefined: there is none at hand, so nobody knows what is due. */
  readonly config: OffsiteConfig | undefined;
  /** Null: archives on this machine. */
  readonly name: string | null;
  /** Where a person finds the archives. */
  readonly place: string;
  readonly isFolder: boolean;
  /** Whether `config` is what is deployed; null: nobody can tell. */
  readonly isDeployed: boolean | null;
}

/** Everything a step may use. Built once by lib/lambda/runtime.ts, or by the local runner. */
export interface Deps {
  readonly managers: Managers;
  readonly archive: ArchiveBucket;
  readonly executions: Executions;
  /** Undefined where nothing is asked of KMS. */
  readonly keys: Keys | undefined;
  /** Undefined where there is no Lambda. */
  readonly functions: Functions | undefined;
  /** Undefined where a step has no more than one CPU. */
  readonly threads: SpanThreads | undefined;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly progress: Progress;
  readonly redactor: Redactor;
  readonly buffers: PartBuffers;
  /** Parts on their way to storage, of the whole process. */
  readonly uploadLimiter: UploadLimiter;
  /** How fast parts may go to storage. */
  readonly bandwidth: Bandwidth;
  readonly settings: Settings;
  readonly network: Network;
  /** What is configured of a manager; the defaults for one that the configuration does not name. */
  readonly rulesOf: (manager: string) => ManagerRules;
  /** The whole configuration, for a report; read when it is asked for. */
  readonly installation: () => Promise<Installed>;
  /** Managers that the configuration names. */
  readonly configured: readonly string[];
  /** Aborted when the run is interrupted: every request in flight ends. */
  readonly signal: AbortSignal;
}

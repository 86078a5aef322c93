import type { ByteSource } from '../archive/byte-source.ts';
import type { ArchiveReading } from './archive-reading.ts';
import type { Restorable } from './content.ts';
import type { FaultParameters } from './fault-parameters.ts';

/** What goes wrong with a restore, asked for when it was requested. */
export interface RestoreFaults {
  readonly fails?: FaultParameters['restoreFails'] | undefined;
  readonly failsMidway?: FaultParameters['restoreFailsMidway'] | undefined;
  readonly partial?: FaultParameters['restorePartial'] | undefined;
  readonly isEndless: boolean;
  readonly hasNoEnd: boolean;
  readonly breaksRest: boolean;
  readonly keepsFlag: boolean;
}

/** What the worker is to do about a restore. */
export interface RestorePlan {
  readonly executionId: string;
  readonly snapshotId: string;
  readonly node: number;
  readonly force: boolean;
  readonly isBootstrapAdmin: boolean;
  readonly reboots: boolean;
  /** When the message was sent, in milliseconds of the handed-in clock, and how long it all takes. */
  readonly since: number;
  readonly seconds: number;
  readonly rebootSeconds: number;
  /** The bytes as they were when the restore was asked for, and what is in them. */
  readonly source: ByteSource | undefined;
  readonly reading: ArchiveReading;
  readonly faults: RestoreFaults;
}

export type RestoreStep =
  | { readonly does: 'start' | 'raise flag' | 'validate' }
  | { readonly does: 'fail'; readonly error: string }
  | { readonly does: 'take database' | 'write database' | 'break schema' | 'merge' }
  | { readonly does: 'stop rest' | 'start rest' }
  | { readonly does: 'end' | 'remove flag' | 'switch admin' | 'reboot' };

/** When, in milliseconds of the clock, and what. */
export type TimedStep = RestoreStep & { readonly at: number };

/** A plan and what of it is still to come, in order. */
export interface RunningRestore {
  readonly plan: RestorePlan;
  /** What is to come back, once the worker has looked at the archive. */
  restorable: Restorable;
  steps: readonly TimedStep[];
}

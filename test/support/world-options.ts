import type { MachineName } from '../../lib/base/machine-names.ts';
import type { Notifier } from '../../lib/base/ports.ts';
import type { Settings } from '../../lib/base/settings.ts';
import type { RunReport } from '../../lib/export/contract.ts';
import type { LocalParts } from '../../lib/local/deps.ts';
import type { MachineOutcome } from '../../lib/local/machine.ts';
import type { ManagerSecretFields } from '../../lib/manager/secret.ts';
import type { Definition, MachineEvent } from '../../lib/workflow/definition.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import type { VirtualClock } from './clock.ts';
import type { KeptWorld } from './kept-world.ts';
import type { Redrive } from './redrive.ts';
import type { Hooks } from './virtual-run.ts';

export const KiB = 1024;

/** Small parts and spans, so that a small archive has several of both. */
export const smallSettings: Partial<Settings> = {
  partSize: 40 * KiB,
  spanSize: 80 * KiB,
  verifySpanSize: 80 * KiB,
  managerTimeoutMs: 5000,
  uploadTimeoutMs: 5000,
  managerIdleMs: 5000,
  bufferBytes: 120 * KiB,
};

/** For worlds in which something hangs: there, real time passes. */
export const impatient: Partial<Settings> = {
  managerTimeoutMs: 150,
  lookTimeoutMs: 150,
  uploadTimeoutMs: 150,
  managerIdleMs: 150,
};

export interface RunOptions extends Hooks {
  /** Default: export. */
  readonly machine?: MachineName;
  /** In place of today's: one that an execution has begun with. */
  readonly definition?: Definition;
  /** What differs from the world's own, for instance the secret of another manager. */
  readonly parts?: Partial<LocalParts>;
  readonly scheduledTime?: string;
  /** In place of a new execution. */
  readonly redrive?: Redrive;
  readonly input?: unknown;
  /** `each`: every step in a process of its own, as in Lambda, where none knows what another has read. */
  readonly processes?: 'one' | 'each';
  /** What delivers the report. Default: a list. */
  readonly publish?: (subject: string, body: Record<string, unknown>) => Promise<void>;
  /** In place of a list: one that sends. */
  readonly notifier?: Notifier;
}

export interface RunResult {
  readonly execution: string;
  readonly outcome: MachineOutcome;
  readonly report: RunReport | undefined;
  readonly events: readonly MachineEvent[];
  readonly published: readonly { subject: string; body: Record<string, unknown> }[];
  /** Everything that a person or a service could see of this run. */
  readonly output: string;
}

export interface WorldOptions {
  readonly manager?: SimulatedManagerOptions;
  readonly settings?: Partial<Settings>;
  readonly secret?: Partial<ManagerSecretFields>;
  readonly minPartSize?: number;
  readonly clock?: VirtualClock;
  /** A folder with the bucket of another world: what that had stored is there from the beginning. */
  readonly stored?: string;
  /** In place of that: another world of the same options, as it was. */
  readonly kept?: KeptWorld | undefined;
  /** Default: as a bucket with versions does. */
  readonly pinsVersions?: boolean;
}

import type * as z from 'zod';
import type { PartBuffers } from './archive/part-buffers.ts';
import type { PutLanes } from './archive/put-lanes.ts';
import type { ArchiveStore } from './archive/store.ts';
import type { ManagerRules } from './config/manager-rules.ts';
import { contracts, type InputOf, type OutputOf, type StepName } from './contracts.ts';
import { ContractViolation, Interrupted, InvalidInput, OffsiteError } from './errors.ts';
import { describeIssues } from './issues.ts';
import type { Managers } from './manager/managers.ts';
import type { MetricName } from './metric-names.ts';
import { oneLine, type Redactor } from './redact.ts';
import type { Settings } from './settings.ts';
import { steps } from './steps.ts';

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

/** Who delivers the report of a run to people. */
export interface Notifier {
  publish(subject: string, body: Record<string, unknown>): Promise<void>;
}

/** Whether another execution is still at work: decides between "duplicate" and "the first one died, go on". */
export interface Executions {
  isRunning(execution: string): Promise<'running' | 'ended' | 'unknown'>;
}

/** Longer than an execution can live (TimeoutSeconds of the state machines, 48 h): what is older is of a dead one. */
export const DEAD_AFTER_MS = 49 * 3600_000;

/** How far a transfer is, for a person who watches. */
export interface Progress {
  bytes(kind: 'copied' | 'verified' | 'uploaded', count: number): void;
}

/** Everything a step may use. Built once by lib/runtime.ts, or by the local runner. */
export interface Deps {
  readonly managers: Managers;
  readonly archive: ArchiveStore;
  readonly executions: Executions;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly progress: Progress;
  readonly redactor: Redactor;
  readonly buffers: PartBuffers;
  /** Parts on their way to storage, of the whole process. */
  readonly lanes: PutLanes;
  readonly settings: Settings;
  /** What is configured of a manager; the defaults for one that the configuration does not name. */
  readonly rulesOf: (manager: string) => ManagerRules;
  /** Aborted when the run is interrupted: every request in flight ends. */
  readonly signal: AbortSignal;
}

export interface Step<N extends StepName = StepName> {
  readonly name: N;
  readonly run: (input: InputOf<N>, deps: Deps) => Promise<OutputOf<N>>;
}

export function defineStep<N extends StepName>(name: N, run: Step<N>['run']): Step<N> {
  return { name, run };
}

/**
 * The Lambda handler of a step: parses what comes in, runs, parses what goes out. Whatever is thrown leaves as one of
 * lib/errors.ts, with its text redacted and without a stack: Step Functions stores both in the execution's history.
 */
export function toHandler<N extends StepName>(step: Step<N>, deps: () => Deps | Promise<Deps>) {
  return async (event: unknown): Promise<OutputOf<N>> => {
    let built: Deps | undefined;
    try {
      built = await deps();
      const input = parse(step.name, 'input', contracts[step.name].input, event) as InputOf<N>;
      const output = await step.run(input, built);
      return parse(step.name, 'output', contracts[step.name].output, output) as OutputOf<N>;
    } catch (error) {
      throw presentable(step.name, error, built);
    }
  };
}

function parse(step: StepName, direction: 'input' | 'output', schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { entry, standalone } = steps[step];
  const isGiven = standalone || (entry && result.error.issues.every((issue) => issue.path[0] === 'input'));
  if (direction === 'input' && isGiven) {
    const issues = describeIssues(result.error, standalone ? 0 : 1);
    throw new InvalidInput(`The execution input is not valid: ${issues}. Nothing was started.`);
  }
  throw new ContractViolation(`${step} ${direction} breaks its contract: ${describeIssues(result.error)}`);
}

function presentable(step: StepName, error: unknown, deps: Deps | undefined): Error {
  const clean = (text: string) => oneLine(deps?.redactor.clean(text) ?? text, 1000);
  const shown = named(step, error, deps);
  shown.message = clean(shown.message);
  deps?.log.error(shown.message, { step, error: shown.name, stack: clean(stackOf(error)) });
  shown.stack = `${shown.name}: ${shown.message}`;
  return shown;
}

function named(step: StepName, error: unknown, deps: Deps | undefined): OffsiteError {
  if (deps?.signal.aborted) return new Interrupted(`The run was interrupted during ${step}.`);
  if (error instanceof OffsiteError) return error;
  return new ContractViolation(`${step} met an error nobody foresaw, please report it: ${describe(error)}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6).join(' ') : '';
}

import { defined } from '../base/defined.ts';
import { days, seconds } from '../base/durations.ts';
import type { MachineName } from '../base/machine-names.ts';
import type { Redactor } from '../base/redact.ts';
import type { ExecutionRef } from '../base/schemas.ts';
import type { StepName } from '../base/step-names.ts';
import { systemClock } from '../base/system-clock.ts';
import type { Deps } from '../deps.ts';
import { allStates, type Definition, loadMachine, type MachineEvent, stepOf } from '../workflow/definition.ts';
import { type LocalParts, localDeps } from './deps.ts';
import { beginExecution, endExecution } from './executions.ts';
import { handlersOf, loadSteps, type StepHandler } from './handlers.ts';
import type { MachineOutcome } from './machine.ts';
import { Watch } from './watch.ts';

/** What both machines want to know when they run on one machine. */
export interface LocalRun extends Omit<LocalParts, 'signal'> {
  readonly redactor: Redactor;
  /** Aborted when a person stops the run: it cleans up after itself, then ends as `Interrupted`. */
  readonly interrupt: AbortSignal;
  readonly onEvent?: (event: MachineEvent) => void;
}

export interface LocalCourse {
  readonly machine: MachineName;
  readonly input: unknown;
  readonly startTime: string;
  /** Steps that only tidy and report: whoever interrupts them wants what they do, so they are left to finish. */
  readonly closing?: readonly StepName[];
}

/** One execution, as far as it has come. */
export interface Execution {
  readonly ref: ExecutionRef;
  readonly watch: Watch;
  /** Those of an interrupted run have connections of their own: the run's are aborted. */
  readonly handlers: Handlers;
  readonly deps: Deps;
}

export type Handlers = Readonly<Record<StepName, StepHandler>>;

export interface Endings<R> {
  readonly ended: (execution: Execution, outcome: MachineOutcome) => Promise<R>;
  /** Does what the machine's own clean-up states would do. */
  readonly interrupted: (execution: Execution) => Promise<R>;
}

/** An error as a state machine has it, for steps that are called without one. */
export const asFailure = (error: Error) => ({ Error: error.name, Cause: error.message });

/** When the execution began, by our clock: the interpreter's own start time is the wall clock's. */
export function startTimeOf({ clock = systemClock }: Pick<LocalRun, 'clock'>): string {
  return clock.now().toISOString();
}

/** Runs a machine in this process, with the deployed handlers, to its end. Never throws for a failed run. */
export async function runHere<R>(course: LocalCourse, options: LocalRun, endings: Endings<R>): Promise<R> {
  const { startTime } = course;
  const ref = { id: beginExecution(), startTime };
  const stop = new AbortController();
  // Functions have a process and a CPU each; here all spans share those of this machine.
  const parts = { threads: {}, ...options, signal: stop.signal };
  const deps = localDeps(parts);
  try {
    const definition = loadMachine(course.machine);
    await loadSteps([...allStates(definition.States)].flatMap(([, state]) => stepOf(state) ?? []));
    const watch = new Watch(definition, begunAt(startTime, handlersOf(deps)));
    const outcome = await outcomeOf(course, { definition, id: ref.id, watch, stop, deps }, options);
    if (!stop.signal.aborted) return await endings.ended({ ref, watch, handlers: watch.handlers, deps }, outcome);
    await watch.idle();
    return await afterInterrupt(parts, { ref, watch }, endings);
  } finally {
    endExecution(ref.id);
    await deps.close();
  }
}

/** Steps of an execution that has no machine. */
export async function besides<R>(
  options: LocalRun,
  startTime: string,
  work: (execution: Pick<Execution, 'ref' | 'handlers'>) => Promise<R>,
): Promise<R> {
  const ref = { id: beginExecution(), startTime };
  const deps = localDeps({ ...options, signal: options.interrupt });
  try {
    return await work({ ref, handlers: handlersOf(deps) });
  } finally {
    endExecution(ref.id);
    await deps.close();
  }
}

interface Parts {
  readonly definition: Definition;
  readonly id: string;
  readonly watch: Watch;
  readonly stop: AbortController;
  readonly deps: Deps;
}

async function outcomeOf(
  { input, closing = [] }: LocalCourse,
  { definition, id, watch, stop, deps }: Parts,
  { onEvent, interrupt }: LocalRun,
): Promise<MachineOutcome> {
  const { startMachine } = await import('./machine.ts');
  const machine = startMachine(withoutLambdaLimits(definition), {
    executionId: id,
    input,
    handlers: watch.handlers,
    sleep: (milliseconds) => deps.clock.sleep(milliseconds, stop.signal),
    ...defined({ onEvent }),
  });
  const halt = () => {
    if (closing.some((step) => watch.hasBegun(step))) return;
    machine.abort();
    stop.abort();
  };
  interrupt.addEventListener('abort', halt, { once: true });
  if (interrupt.aborted) halt();
  const outcome = await machine.result;
  interrupt.removeEventListener('abort', halt);
  return outcome;
}

async function afterInterrupt<R>(
  parts: LocalParts,
  { ref, watch }: Pick<Execution, 'ref' | 'watch'>,
  { interrupted }: Endings<R>,
): Promise<R> {
  const deps = localDeps({ ...parts, signal: new AbortController().signal });
  try {
    return await interrupted({ ref, watch, handlers: handlersOf(deps), deps });
  } finally {
    await deps.close();
  }
}

/**
 * Lambda's 15 minutes are no limit here, and the steps that share one line and one CPU would meet it by waiting for each
 * other. A day is what the interpreter needs as a number; the steps' own time-outs for silence still end what hangs.
 */
function withoutLambdaLimits(definition: Definition): Definition {
  const copy = structuredClone(definition) as { States: Record<string, Record<string, unknown>> };
  for (const [name, state] of allStates(copy.States as unknown as Definition['States'])) {
    // Functions read two archives at once; here they would only wait for each other, and nobody could follow it.
    if (name === 'VerifyArchives') Object.assign(state, { MaxConcurrency: 1 });
    if ('TimeoutSeconds' in state) Object.assign(state, { TimeoutSeconds: days(1) / seconds(1) });
  }
  return copy as unknown as Definition;
}

/** Steps are told our start time: from it follow the names of things, which clean-up must find again. */
export function begunAt(startTime: string, handlers: Handlers): Handlers {
  const told = (event: unknown): unknown => {
    const { execution } = (event ?? {}) as { execution?: unknown };
    if (execution === null || typeof execution !== 'object') return event;
    return { ...(event as object), execution: { ...execution, startTime } };
  };
  const all = Object.entries(handlers).map(([name, handler]) => [name, (event: unknown) => handler(told(event))]);
  return Object.fromEntries(all) as Handlers;
}

import { ExecutionError, type RunOptions, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { hours, seconds } from '../base/durations.ts';
import type { StepName } from '../base/step-names.ts';
import {
  type AslState,
  allStates,
  type Definition,
  type MachineEvent,
  stepOf,
  withArns,
} from '../workflow/definition.ts';
import type { StepHandler } from './handlers.ts';

/** How an execution ended, in the words of Step Functions. */
export type MachineOutcome =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string };

interface Run {
  readonly executionId: string;
  readonly input: unknown;
  readonly handlers: Readonly<Record<StepName, StepHandler>>;
  readonly onEvent?: (event: MachineEvent) => void;
  /** Waits go by this instead of the interpreter's own timers. */
  readonly sleep?: ((milliseconds: number) => Promise<void>) | undefined;
  /** For tests: waits and retries that take no time. */
  readonly overrides?: RunOptions['overrides'];
}

/** Starts a machine in this process. `abort` stops it between states; steps that are under way are the caller's. */
export function startMachine(definition: Definition, run: Run): { result: Promise<MachineOutcome>; abort: () => void } {
  const tasks: Record<string, StepHandler> = {};
  for (const [name, state] of allStates(definition.States)) {
    const step = stepOf(state);
    if (step) tasks[name] = run.handlers[step];
  }
  const { sleep } = run;
  for (const name of sleep ? waitsOf(definition) : []) {
    tasks[name] = async (seconds) => await sleep?.(Number(seconds) * 1000);
  }
  const machine = sleep ? machineOf(byTask(definition)) : compiled(definition);
  const execution = machine.run(run.input as never, {
    overrides: { ...run.overrides, taskResourceLocalHandlers: tasks as never },
    context: { Execution: { Id: run.executionId } } as never,
  });
  const events = forward(execution.eventLogs as AsyncIterable<MachineEvent>, run.onEvent);
  const result = outcomeOf(execution.result).then(async (outcome) => {
    await events;
    return outcome;
  });
  return { result, abort: execution.abort };
}

const machines = new WeakMap<Definition, StateMachine>();

/** Checking a definition takes longer than a small run: once for each. */
function compiled(definition: Definition): StateMachine {
  const machine = machines.get(definition) ?? machineOf(definition);
  machines.set(definition, machine);
  return machine;
}

function waitsOf({ States }: Definition): string[] {
  return Object.keys(States).filter((name) => States[name]?.Type === 'Wait');
}

/** The same machine with each Wait as a Task that is given its seconds: the interpreter takes no clock, a task does. */
function byTask(definition: Definition): Definition {
  const waits = waitsOf(definition).map((name) => {
    const { SecondsPath, Next } = definition.States[name] as AslState;
    const task = { Type: 'Task', Resource: arnOf(name), InputPath: SecondsPath, ResultPath: null };
    return [name, { ...task, TimeoutSeconds: hours(1) / seconds(1), Next }];
  });
  return { ...definition, States: { ...definition.States, ...Object.fromEntries(waits) } };
}

/** Any ARN will do: the tasks run in this process. */
const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

function machineOf(definition: Definition): StateMachine {
  // Checked by a test: the interpreter's own check loads a megabyte of schemas, which take 15 MB.
  const validationOptions = { noValidate: true };
  return new StateMachine(withArns(definition, arnOf) as unknown as StateMachineDefinition, { validationOptions });
}

async function forward(events: AsyncIterable<MachineEvent>, onEvent: Run['onEvent']): Promise<void> {
  for await (const event of events) onEvent?.(event);
}

async function outcomeOf(result: Promise<unknown>): Promise<MachineOutcome> {
  try {
    return { status: 'SUCCEEDED', output: await result };
  } catch (error) {
    const cause = error instanceof ExecutionError ? error.cause : error;
    const { name, message } = cause as Error;
    return { status: 'FAILED', error: name, cause: message };
  }
}

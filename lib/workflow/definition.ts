import { readFileSync } from 'node:fs';
import type { MachineName } from '../base/machine-names.ts';
import { type StepName, stepNames } from '../base/step-names.ts';
import { retriersOf } from './retries.ts';
import { steps } from './steps.ts';

/** The part of an ASL state that we look at. */
export interface AslState {
  readonly Type: string;
  readonly Resource?: string;
  readonly ItemProcessor?: Definition;
  readonly [field: string]: unknown;
}

export type Definition = { readonly StartAt: string; readonly States: Readonly<Record<string, AslState>> };

export interface MachineEvent {
  readonly type: string;
  readonly state?: { readonly name: string; readonly type: string; readonly input?: unknown };
  readonly Error?: string;
  readonly Cause?: unknown;
  readonly retry?: { readonly attempt: number };
}

/** For the start of a function and the way of its answer: its own time-out is what ends it. */
const ANSWER_SECONDS = 30;

/**
 * A state machine as it runs: the flow of statemachines/, in which each task has the time-out and the retries of its step.
 * `${FindManager}` and so on stand where the functions' ARNs belong.
 */
export function loadMachine(name: MachineName): Definition {
  const file = new URL(`../../statemachines/${name}.asl.json`, import.meta.url);
  const flow = JSON.parse(readFileSync(file, 'utf8')) as Definition;
  return withTasks(flow, (state, step) => ({
    ...state,
    TimeoutSeconds: steps[step].timeoutSeconds + ANSWER_SECONDS,
    Retry: retriersOf(step),
  }));
}

/** The same machine with the functions' ARNs in it. */
export function withArns(machine: Definition, arnOf: (step: StepName) => string): Definition {
  return withTasks(machine, (state, step) => ({ ...state, Resource: arnOf(step) }));
}

type Change = (state: AslState, step: StepName) => AslState;

/** The same states, those inside a Map included, with each that calls a step changed. */
function withTasks<M extends Pick<Definition, 'States'>>(machine: M, change: Change): M {
  const changed = Object.entries(machine.States).map(([name, state]) => {
    const step = stepOf(state);
    const { ItemProcessor } = state;
    if (step) return [name, change(state, step)];
    return [name, ItemProcessor ? { ...state, ItemProcessor: withTasks(ItemProcessor, change) } : state];
  });
  return { ...machine, States: Object.fromEntries(changed) };
}

/** Every state of a machine, those inside a Map included. */
export function* allStates(states: Readonly<Record<string, AslState>>): Generator<[string, AslState]> {
  for (const [name, state] of Object.entries(states)) {
    yield [name, state];
    if (state.ItemProcessor) yield* allStates(state.ItemProcessor.States);
  }
}

/** `${FindManager}` → `FindManager`; undefined if the state calls no step of ours. */
export function stepOf({ Resource }: Pick<AslState, 'Resource'>): StepName | undefined {
  return stepNames.find((step) => Resource === `\${${step}}`);
}

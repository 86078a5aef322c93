import { readFile } from 'node:fs/promises';
import type { StepName } from '../base/step-names.ts';

/** The part of an ASL state that we look at. */
export interface AslState {
  readonly Type: string;
  readonly Resource?: string;
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, AslState>> };
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

/** A state machine as it stands in statemachines/, read once. */
export async function loadMachine(name: 'export' | 'restore' | 'verify'): Promise<Definition> {
  const file = new URL(`../../statemachines/${name}.asl.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Definition;
}

/** Every state of a machine, those inside a Map included. */
export function* allStates(states: Readonly<Record<string, AslState>>): Generator<[string, AslState]> {
  for (const [name, state] of Object.entries(states)) {
    yield [name, state];
    if (state.ItemProcessor) yield* allStates(state.ItemProcessor.States);
  }
}

/** `${FindManager}` → `FindManager`. */
export function stepOf(state: AslState): StepName | undefined {
  return /^\$\{(\w+)\}$/.exec(state.Resource ?? '')?.[1] as StepName | undefined;
}

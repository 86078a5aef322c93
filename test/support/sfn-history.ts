import { setImmediate } from 'node:timers/promises';
import type { StepHandler } from '../../lib/local/handlers.ts';
import { type AslState, allStates, type Definition, type MachineEvent } from '../../lib/workflow/definition.ts';

/** As Step Functions writes it, in the JSON of its API (aws: HistoryEvent). */
export interface WireEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

interface Visit {
  readonly name: string;
  readonly input: string;
  last: number;
}

const json = (value: unknown) => JSON.stringify(value ?? null);

/** Writes the history of one execution from what the local interpreter and the handlers do. */
export class HistoryWriter {
  readonly events: WireEvent[] = [];
  readonly #states: ReadonlyMap<string, AslState>;
  /** The last event of each visit to a state that has not been left: states in a Map are interleaved. */
  readonly #open: Visit[] = [];
  #map = '';

  constructor(definition: Definition, input: unknown) {
    this.#states = new Map(allStates(definition.States));
    this.add('ExecutionStarted', { executionStartedEventDetails: { input: json(input) } }, 0);
  }

  add(type: string, details: Record<string, unknown> = {}, previous = this.events.length): number {
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId: previous, timestamp: Date.now() / 1000, type, ...details });
    return id;
  }

  onEvent(event: MachineEvent): void {
    const { name = '', input } = event.state ?? {};
    const kind = this.#states.get(name)?.Type ?? '';
    if (event.type === 'StateEntered') this.#enter(name, kind, input);
    if (event.type === 'StateExited') this.#exit(name, kind, (event.state as { output?: unknown }).output, input);
    if (event.type === 'MapIterationSucceeded') this.#iteration('MapIterationSucceeded', event);
    if (event.type === 'MapIterationStarted') this.#iteration('MapIterationStarted', event);
  }

  /** A step as Lambda runs it: what it throws arrives as JSON with a stack. */
  watched(names: readonly string[], handler: StepHandler): StepHandler {
    return async (event) => {
      // The interpreter's events arrive as microtasks: by now it has told that this state was entered, the last one left.
      await setImmediate();
      const visit = this.#visit(names, event);
      visit.last = this.add('LambdaFunctionScheduled', { lambdaFunctionScheduledEventDetails: {} }, visit.last);
      visit.last = this.add('LambdaFunctionStarted', {}, visit.last);
      try {
        const output = await handler(event);
        const details = { lambdaFunctionSucceededEventDetails: { output: json(output) } };
        visit.last = this.add('LambdaFunctionSucceeded', details, visit.last);
        return output;
      } catch (error) {
        const { name: errorType, message: errorMessage } = error as Error;
        const cause = json({ errorType, errorMessage, trace: [`${errorType}: ${errorMessage}`] });
        const details = { lambdaFunctionFailedEventDetails: { error: errorType, cause } };
        visit.last = this.add('LambdaFunctionFailed', details, visit.last);
        throw Object.assign(new Error(cause), { name: errorType });
      }
    };
  }

  #enter(name: string, kind: string, input: unknown): void {
    const last = this.add(`${kind}StateEntered`, { stateEnteredEventDetails: { name, input: json(input) } });
    const visit = { name, input: json(input), last };
    this.#open.push(visit);
    if (kind !== 'Map') return;
    this.#map = name;
    const path = String(this.#states.get(name)?.ItemsPath).replace('$.', '').split('.');
    const items = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], input) as unknown[];
    visit.last = this.add('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } }, visit.last);
  }

  #exit(name: string, kind: string, output: unknown, input: unknown): void {
    const visit = this.#visit([name], input);
    this.#open.splice(this.#open.indexOf(visit), 1);
    if (kind === 'Map') visit.last = this.add('MapStateSucceeded', {}, visit.last);
    this.add(`${kind}StateExited`, { stateExitedEventDetails: { name, output: json(output) } }, visit.last);
  }

  #iteration(type: string, event: MachineEvent): void {
    const index = (event as { index?: number }).index ?? 0;
    const key = `mapIteration${type.replace('MapIteration', '')}EventDetails`;
    this.add(type, { [key]: { name: this.#map, index } });
  }

  /** Iterations of a Map are told apart by what they were given; elsewhere there is one visit of a name at a time. */
  #visit(names: readonly string[], input: unknown): Visit {
    const visits = this.#open.filter((visit) => names.includes(visit.name));
    const visit = visits.find((one) => one.input === json(input)) ?? visits.at(-1);
    return visit ?? { name: '', input: '', last: this.events.length };
  }
}

import type { StepName } from '../base/step-names.ts';
import { allStates, type Definition, stepOf } from '../workflow/definition.ts';
import type { StepHandler } from './handlers.ts';

/** Knows which steps of a run have begun, are under way, and what they have handed back. */
export class Watch {
  readonly handlers: Readonly<Record<StepName, StepHandler>>;
  readonly #running = new Set<Promise<unknown>>();
  readonly #begun = new Set<StepName>();
  readonly #results = new Map<StepName, unknown>();
  readonly #fields: ReadonlyMap<StepName, string>;
  readonly #state: Record<string, unknown> = {};

  constructor(definition: Definition, handlers: Readonly<Record<StepName, StepHandler>>) {
    this.#fields = fieldsOf(definition);
    const watched = Object.entries(handlers).map(([name, handler]) => [name, this.#watch(name as StepName, handler)]);
    this.handlers = Object.fromEntries(watched) as Record<StepName, StepHandler>;
  }

  hasBegun(step: StepName): boolean {
    return this.#begun.has(step);
  }

  /** What the step handed back last, if it did. */
  resultOf(step: StepName): unknown {
    return this.#results.get(step);
  }

  /** The machine's state, with what steps handed back after the machine had been stopped. */
  get state(): Readonly<Record<string, unknown>> {
    return { ...this.#state };
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #watch(name: StepName, handler: StepHandler): StepHandler {
    return async (event) => {
      this.#begun.add(name);
      const running = handler(event);
      this.#running.add(running);
      try {
        const result = await running;
        this.#results.set(name, result);
        const field = this.#fields.get(name);
        if (field !== undefined) this.#state[field] = result;
        return result;
      } finally {
        this.#running.delete(running);
      }
    };
  }
}

/** Where the machine puts the results of its steps: `$.restoring` → `restoring`. */
function fieldsOf({ States }: Definition): Map<StepName, string> {
  const fields = new Map<StepName, string>();
  for (const [, state] of allStates(States)) {
    const step = stepOf(state);
    const [, field] = /^\$\.(\w+)$/.exec(String(state.ResultPath)) ?? [];
    if (step && field !== undefined) fields.set(step, field);
  }
  return fields;
}

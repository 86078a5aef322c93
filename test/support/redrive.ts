import type { StepHandler } from '../../lib/local/handlers.ts';
import type { Definition } from '../../lib/workflow/definition.ts';
import type { RunResult } from './world-options.ts';

/** An execution that was aborted, and goes on as Step Functions redrives one: the same ARN, input and time of its start. */
export interface Redrive {
  readonly execution: string;
  readonly startedAt: string;
  readonly input: unknown;
  /** The state that had not ended, and what it was entered with. */
  readonly state: string;
  readonly entered: unknown;
}

/** Of an execution that was stopped in that state. */
export function redriveOf({ execution, events }: RunResult, state: string, input: unknown): Redrive {
  const entered = events.findLast((event) => event.type === 'StateEntered' && event.state?.name === state)?.state
    ?.input;
  if (!entered) throw new Error(`${state} was never entered.`);
  const { run } = entered as { readonly run: { readonly startedAt: string } };
  return { execution, startedAt: run.startedAt, input, state, entered: structuredClone(entered) };
}

/** The interpreter begins at the beginning: there, a choice leads to the state. */
export function fromState({ StartAt, ...definition }: Definition, state: string): Definition {
  const never = { Variable: '$.redrivenFromTheBeginning', IsPresent: true, Next: StartAt };
  const Redriven = { Type: 'Choice', Choices: [never], Default: state };
  return { ...definition, StartAt: 'Redriven', States: { Redriven, ...definition.States } } as Definition;
}

/** `$$.Execution.Input` stays that of the execution; to the interpreter it is what the state was entered with. */
export function givenInput<T extends Record<string, StepHandler>>(input: unknown, handlers: T): T {
  const given = Object.entries(handlers).map(([step, handler]): [string, StepHandler] => [
    step,
    async (event) => {
      const hasInput = typeof event === 'object' && event !== null && 'input' in event;
      return await handler(hasInput ? { ...event, input } : event);
    },
  ]);
  return Object.fromEntries(given) as T;
}

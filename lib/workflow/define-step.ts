import type * as z from 'zod';
import { ContractViolation, Interrupted, InvalidInput, OffsiteError } from '../base/errors.ts';
import { oneLine } from '../base/redact.ts';
import type { StepName } from '../base/step-names.ts';
import { describeIssues } from '../base/zod-issues.ts';
import type { Deps } from '../deps.ts';
import { contracts, type InputOf, type OutputOf } from './contracts.ts';
import { isPing } from './ping.ts';
import { steps } from './steps.ts';

export interface Step<N extends StepName = StepName> {
  readonly name: N;
  readonly run: (input: InputOf<N>, deps: Deps) => Promise<OutputOf<N>>;
}

export function defineStep<N extends StepName>(name: N, run: Step<N>['run']): Step<N> {
  return { name, run };
}

/**
 * The Lambda handler of a step: parses what comes in, runs, parses what goes out. Whatever is thrown leaves as one of
 * lib/base/errors.ts, with its text redacted and without a stack: Step Functions stores both in the execution's history.
 */
export function toHandler<N extends StepName>(step: Step<N>, deps: () => Deps | Promise<Deps>) {
  return async (event: unknown): Promise<OutputOf<N>> => {
    // That it could be invoked is all that is asked: nothing is read, and nothing is done.
    if (isPing(event)) return null as OutputOf<N>;
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
  const isGiven = steps[step].entry && result.error.issues.every((issue) => issue.path[0] === 'input');
  if (direction === 'input' && isGiven) {
    const issues = describeIssues(result.error, 1);
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
  return new ContractViolation(`${step} met an unexpected error, please report it: ${describe(error)}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6).join(' ') : '';
}

import { seconds } from '../../base/durations.ts';
import type { Deps } from '../../deps.ts';
import type { Managers } from '../../manager/managers.ts';
import { restoreSteps } from '../steps.ts';

/** Of a function's time, for what is no call to a manager: secrets, storage, its own answer. */
const RESERVE_MS = seconds(40);

export interface TimeLimit {
  /** Milliseconds of the clock. */
  readonly until: number;
  /** The same managers, none of whose calls lasts longer. */
  readonly managers: Managers;
}

/**
 * What a step may take, from now on: nodes that hang cost 10 to 75 s for each call, and a function that is ended in the
 * middle cannot say what it knows. `sparingMs`: kept free for what comes after.
 */
export function timeLimit(
  step: keyof typeof restoreSteps,
  { managers, clock }: Pick<Deps, 'managers' | 'clock'>,
  sparingMs = 0,
): TimeLimit {
  const until = clock.now().getTime() + seconds(restoreSteps[step].timeoutSeconds) - RESERVE_MS - sparingMs;
  return { until, managers: managers.within(() => until - clock.now().getTime()) };
}

/** For steps that need no more than that. */
export function inTime<D extends Pick<Deps, 'managers' | 'clock'>>(step: keyof typeof restoreSteps, deps: D): D {
  return { ...deps, managers: timeLimit(step, deps).managers };
}

import type { StepName } from '../base/step-names.ts';
import type { StepSpec } from '../base/step-spec.ts';
import { exportSteps } from '../export/steps.ts';
import { reconcileSteps } from '../reconcile/steps.ts';
import { restoreSteps } from '../restore/steps.ts';
import { verifySteps } from '../verification/steps.ts';

/**
 * The table, each operation's rows in its own file: what each step is given, what it may touch, how long it may take.
 * Infrastructure loops over it for functions and least-privilege grants, the local runner for handlers,
 * test/workflow/asl.test.ts holds the state machines to it.
 */
export const steps: Readonly<Record<StepName, StepSpec>> = {
  ...exportSteps,
  ...restoreSteps,
  ...verifySteps,
  ...reconcileSteps,
};

/** `FindManager` → `find-manager`: the file in functions/ and the name of the Lambda. */
export function fileOf(step: StepName): string {
  return step.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();
}

import { approvalSteps } from '../approval/steps.ts';
import { type StepName, stepNames } from '../base/step-names.ts';
import type { StepSpec } from '../base/step-spec.ts';
import { decisionSteps } from '../decision/steps.ts';
import { doctorSteps } from '../doctor/steps.ts';
import { exportSteps } from '../export/steps.ts';
import { reconcileSteps } from '../reconcile/steps.ts';
import { reportSteps } from '../report/steps.ts';
import { restoreSteps } from '../restore/steps.ts';
import { digestSteps } from '../status/steps.ts';
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
  ...approvalSteps,
  ...decisionSteps,
  ...reconcileSteps,
  ...reportSteps,
  ...doctorSteps,
  ...digestSteps,
};

/** `FindManager` → `find-manager`: the file in functions/, and the end of the Lambda's name. */
export function fileOf(step: StepName): string {
  return step.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();
}

/** Those that connect to managers: their functions are in the VPC, where there is one. */
export const talkingSteps = stepNames.filter((step) => steps[step].touches.includes('manager:http'));

/** `offsite-find-manager`: the Lambda function of a step. */
export function functionName(installation: string, step: StepName): string {
  return `${installation}-${fileOf(step)}`;
}

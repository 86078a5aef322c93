import type { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { groupedName } from '../base/group-names.ts';
import type { StepName } from '../base/step-names.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { PING } from '../workflow/ping.ts';
import { fileOf, functionName, talkingSteps } from '../workflow/steps.ts';
import { functionArn } from './arns.ts';
import type { Functions } from './functions.ts';
import type { Schedules } from './schedules.ts';

/** Not the name of a schedule of a manager: none of those has an underscore. */
export const readyName = (step: StepName) => `ready_${fileOf(step)}`;

/**
 * Calls each function in the VPC once a day. One that nobody calls for weeks loses its network interface, and its next call
 * fails: that of a restore, in an emergency (aws: Lambda, configuring VPC access). Lambda tries an asynchronous call
 * again for six hours, which is long enough to make a lost one ready.
 */
export function callDaily(scope: Construct, schedules: Schedules, functions: Functions, group?: string): void {
  for (const step of talkingSteps) {
    schedules.add(scope, `Ready-${step}`, {
      group,
      name: readyName(step),
      description: `Keeps the function of ${step} ready in its VPC.`,
      expression: 'rate(1 day)',
      timeZone: 'UTC',
      flexibleMinutes: 60,
      targetArn: functions.of(step).functionArn,
      input: PING,
    });
  }
}

/** What the role of the schedules may call; by their names, as it is made before the functions of groups. */
export function readyArns(stack: Stack, { name, network }: OffsiteConfig, isDivided: boolean): string[] {
  if (!network) return [];
  const owners = [name, ...(isDivided ? [groupedName(name, '*')] : [])];
  return owners.flatMap((owner) => talkingSteps.map((step) => functionArn(stack, functionName(owner, step))));
}

import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { functionStates } from '../../lib/lambda/function-states.ts';
import { talkingSteps } from '../../lib/workflow/steps.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';

let one: ReconcileWorld;
const lambda = mockClient(LambdaClient);
beforeAll(async () => {
  one = await ReconcileWorld.start(1);
  one.till(10);
});
afterAll(async () => {
  lambda.restore();
  await one.stop();
});
beforeEach(() => {
  lambda.reset();
  lambda.on(GetFunctionConfigurationCommand).resolves({ State: 'Active' });
  one.rules = { ...NIGHTLY, inNetwork: true };
});

/** Lambda says this of one function, and that all others are active. */
const says = (FunctionName: string) => lambda.on(GetFunctionConfigurationCommand, { FunctionName });
const found = async () => {
  const functions = functionStates(() => 'offsite_east');
  const { report, kinds } = await one.reconcile({}, { functions });
  return { kinds, messages: report.findings.map(({ message }) => message) };
};

test('functions that are active, or are being made ready, are no finding; each in the VPC is looked at', async () => {
  says('offsite_east-start-restore').resolves({ State: 'Pending', StateReason: 'The function is being created.' });
  expect((await found()).kinds).toEqual([]);
  const asked = lambda.commandCalls(GetFunctionConfigurationCommand).map(({ args }) => args[0].input.FunctionName);
  expect(asked).toHaveLength(talkingSteps.length);
  expect(asked).toEqual(expect.arrayContaining(['offsite_east-find-target', 'offsite_east-check-restore']));
});

test.each([
  [
    'inactive',
    { State: 'Inactive', StateReason: 'The function is idle' },
    'start-restore is Inactive (The function is idle)',
  ],
  [
    'failed',
    { State: 'Failed', StateReason: 'No free addresses in subnet' },
    'is Failed (No free addresses in subnet)',
  ],
] as const)('one that is %s is a finding that names it, and what to do', async (_, state, words) => {
  says('offsite_east-start-restore').resolves(state);
  const { kinds, messages } = await found();
  expect(kinds).toEqual(['FunctionNotReady']);
  expect(messages[0]).toContain(words);
  expect(messages[0]).toMatch(/A restore would fail or wait\. .*deploy again/);
});

test.each([
  ['ResourceNotFoundException', 'check-target is missing'],
  ['AccessDeniedException', 'check-target is not known (AccessDeniedException)'],
])('%s is told of', async (name, words) => {
  says('offsite_east-check-target').rejects(Object.assign(new Error(name), { name }));
  expect((await found()).messages).toEqual([expect.stringContaining(words)]);
});

test('outside of a VPC, and for a manager that is not the first of its group, nothing is asked', async () => {
  one.rules = NIGHTLY;
  says('offsite_east-start-restore').resolves({ State: 'Inactive' });
  expect((await found()).kinds).toEqual([]);
  expect(lambda.commandCalls(GetFunctionConfigurationCommand)).toEqual([]);
});

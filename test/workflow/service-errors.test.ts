import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { allStates, loadMachine } from '../../lib/workflow/definition.ts';
import { longestWait, type Retrier, retriersOf } from '../../lib/workflow/retries.ts';
import { errorsOf, serviceErrors } from '../../lib/workflow/service-errors.ts';

/** Of the service model that the SDK was generated from: what Invoke may answer. */
async function errorsOfInvoke(): Promise<string[]> {
  const lambda = createRequire(import.meta.url).resolve('@aws-sdk/client-lambda/package.json');
  const text = await readFile(new URL('dist-types/commands/InvokeCommand.d.ts', `file://${lambda}`), 'utf8');
  const names = [...text.matchAll(/@throws \{@link (\w+Exception)\} \((?:client|server) fault\)/g)];
  return names.map(([, name]) => `Lambda.${name}`);
}

/** What is reported beside the service model. */
const BESIDE = [
  'Lambda.AWSLambdaException Lambda.ClientExecutionTimeoutException Lambda.SdkClientException Lambda.Unknown',
  'Lambda.AccessDeniedException Sandbox.Timedout Runtime.ExitError Runtime.OutOfMemory Runtime.HandlerNotFound',
  'Runtime.ImportModuleError Runtime.MalformedHandlerName Runtime.UserCodeSyntaxError Runtime.UnhandledPromiseRejection',
  'Runtime.BadFunctionCode Runtime.InvalidEntrypoint Runtime.InvalidTaskConfig Runtime.InvalidWorkingDir Runtime.Unknown',
  'States.Timeout States.HeartbeatTimeout States.Permissions States.Runtime States.DataLimitExceeded',
  'States.BranchFailed States.NoChoiceMatched States.ParameterPathFailure States.ResultPathMatchFailure',
  'States.IntrinsicFailure States.ItemReaderFailed States.ResultWriterFailed States.ExceedToleratedFailureThreshold',
  'States.QueryEvaluationError',
].flatMap((line) => line.split(' '));

test('every error of a call is decided about, and no other', async () => {
  const invoke = await errorsOfInvoke();
  expect(invoke.length).toBeGreaterThan(30);
  expect(Object.keys(serviceErrors).sort()).toEqual([...new Set([...invoke, ...BESIDE])].sort());
});

describe.each(stepNames)('%s', (step) => {
  const rules = retriersOf(step);
  const ruleOf = (error: string): Retrier | undefined =>
    rules.find(({ ErrorEquals }) => ErrorEquals.includes(error as never));

  test('tries again what passes, and nothing that does not', () => {
    const retried = (['fault', 'waking', 'throttled'] as const).flatMap(errorsOf);
    for (const error of retried) expect(ruleOf(error), error).toBeDefined();
    for (const error of [...errorsOf('final'), ...errorsOf('flow')]) expect(ruleOf(error), error).toBeUndefined();
  });

  test('waits longer than a function in a VPC takes to be reactivated', () => {
    // About 90 s by the Lambda guide; three times that, without jitter.
    const rule = ruleOf('Lambda.ResourceNotReadyException');
    expect(rule && longestWait(rule)).toBeGreaterThan(270);
    expect(rule?.JitterStrategy).toBeUndefined();
  });
});

test.each(machineNames)('%s: whoever catches one way to crash catches all', (name) => {
  const crashed = errorsOf('crashed');
  for (const [state, fields] of allStates(loadMachine(name).States)) {
    for (const { ErrorEquals } of (fields['Catch'] ?? []) as { ErrorEquals: string[] }[]) {
      const caught = crashed.filter((error) => ErrorEquals.includes(error));
      expect([[], crashed], state).toContainEqual(caught);
    }
  }
});

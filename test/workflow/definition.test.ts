import { readdir, readFile } from 'node:fs/promises';
import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import { type StepName, stepNames } from '../../lib/base/step-names.ts';
import {
  type AslState,
  allStates,
  type Definition,
  loadMachine,
  stepOf,
  withArns,
} from '../../lib/workflow/definition.ts';
import { longestWait, type Retrier, retriersOf, retries } from '../../lib/workflow/retries.ts';
import { steps } from '../../lib/workflow/steps.ts';
import { delayOf } from '../support/virtual-run.ts';

const folder = new URL('../../statemachines/', import.meta.url);
const arnOf = (step: string) => `arn:aws:lambda:eu-central-1:111122223333:function:${step}`;
const tasksOf = ({ States }: Definition) => [...allStates(States)].filter(([, { Type }]) => Type === 'Task');
const retryOf = (state: AslState) => state['Retry'] as readonly Retrier[];

test('every file of statemachines/ is a machine that we know', async () => {
  expect((await readdir(folder)).filter((file) => file !== 'README.md').sort()).toEqual(
    machineNames.map((name) => `${name}.asl.json`).sort(),
  );
});

describe.each(machineNames)('statemachines/%s.asl.json', (name) => {
  const machine = loadMachine(name);

  test('shows the flow alone: no task has a Retry or a time-out of its own', async () => {
    const flow = JSON.parse(await readFile(new URL(`${name}.asl.json`, folder), 'utf8')) as Definition;
    for (const [state, fields] of allStates(flow.States))
      expect(Object.keys(fields), state).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^Retry|^Timeout/)]),
      );
    // Valid as it stands, for whoever opens it in an editor.
    expect(() => new StateMachine(withArns(flow, arnOf) as never)).not.toThrow();
  });

  test('as it runs, each task waits longer than its function can take, and tries again what its step says', () => {
    expect(() => new StateMachine(withArns(machine, arnOf) as never)).not.toThrow();
    for (const [state, fields] of tasksOf(machine)) {
      const step = stepOf(fields) as StepName;
      expect(fields['TimeoutSeconds'], state).toBe(steps[step].timeoutSeconds + 30);
      const errors = retryOf(fields).flatMap(({ ErrorEquals }) => ErrorEquals);
      for (const error of ['Lambda.ServiceException', 'Lambda.SdkClientException', 'States.Timeout'])
        expect(errors, state).toContain(error);
      expect(retryOf(fields), state).toEqual(retriersOf(step));
    }
  });

  test('has the ARN of each function where its name stands, inside a Map as well', () => {
    const filled = withArns(machine, arnOf);
    expect(JSON.stringify(filled)).not.toContain('${');
    expect(tasksOf(filled).map(([, { Resource }]) => Resource)).toEqual(
      tasksOf(machine).map(([, state]) => arnOf(stepOf(state) ?? '')),
    );
  });
});

const retried = (step: StepName) => retriersOf(step).flatMap(({ ErrorEquals }) => ErrorEquals as readonly string[]);

test.each<[string, RegExp, readonly StepName[]]>([
  ['ReportFailed', /^topic:publish$/, []],
  // What a manager does during a restore is what the step is to find out; that it is away is a finding.
  ['ManagerUnavailable', /^manager:http$/, ['CheckRestore', 'TidyManager', 'Diagnose']],
  [
    'StorageUnavailable',
    /^(archives|manifests|inspections|marks|runs|restores|claims|keeps|accepts|approvals|approval-\w+):/,
    // A person waits for what it finds, at once.
    ['Diagnose'],
  ],
])('%s is tried again in every step that touches %s, but for %j', (error, touch, but) => {
  const touching = stepNames.filter((step) => steps[step].touches.some((one) => touch.test(one)));
  expect(touching.length).toBeGreaterThan(3);
  expect(touching.filter((step) => !retried(step).includes(error))).toEqual(but);
});

test.each(stepNames)('%s: each error has one rule; a second one would never be read', (step) => {
  expect(retried(step)).toEqual([...new Set(retried(step))]);
});

test('every step is retried, and no policy is without a step', () => {
  expect(stepNames.filter((step) => steps[step].retries.length === 0)).toEqual([]);
  const named = new Set(stepNames.flatMap((step) => steps[step].retries));
  expect([...named].sort()).toEqual(Object.keys(retries).sort());
});

test.each(Object.entries(retries))('%s: the sum of its waits is what Step Functions would wait', (_, rule) => {
  const waits = Array.from({ length: rule.MaxAttempts }, (_, attempt) => delayOf(rule, attempt));
  expect(longestWait(rule)).toBeCloseTo(waits.reduce((a, b) => a + b));
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StepName, stepNames } from '../../lib/base/step-names.ts';
import { contracts } from '../../lib/workflow/contracts.ts';
import { allStates, type Definition, stepOf } from '../../lib/workflow/definition.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { VerifyWorld } from '../support/verify-world.ts';

/** What an execution that runs during a deployment has: the definition that it began with, and what steps have said so far. */
interface Begun {
  readonly definition: Definition;
  readonly steps: Readonly<Record<string, readonly { readonly input: unknown; readonly output: unknown }[]>>;
}

/** As version 0.1.0 ran them. Never made anew: a change that needs that would end executions at work. */
const begunWith = (machine: string): Begun =>
  JSON.parse(readFileSync(new URL(`../fixtures/executions/0.1.0/${machine}.json`, import.meta.url), 'utf8'));
const MACHINES = ['export', 'restore', 'verify'] as const;

describe.each(MACHINES)('an execution of %s that began before the deployment', (machine) => {
  const { definition, steps } = begunWith(machine);
  const recorded = Object.entries(steps) as [StepName, Begun['steps'][string]][];

  test('calls only functions that are still there', () => {
    const called = [...allStates(definition.States)].filter(([, { Type }]) => Type === 'Task');
    expect(called.length).toBeGreaterThan(4);
    for (const [name, state] of called) expect(stepNames, name).toContain(stepOf(state));
  });

  test.each(recorded)('%s takes what its machine sends, whatever earlier functions have said', (step, calls) => {
    for (const { input } of calls) expect(contracts[step].input.safeParse(input).error).toBeUndefined();
  });
});

describe('the functions of today', () => {
  let verified: VerifyWorld;
  let restored: RestoreWorld;
  beforeAll(async () => {
    verified = await VerifyWorld.start(1);
    restored = await RestoreWorld.start();
  });
  afterAll(async () => await Promise.all([verified?.world.stop(), restored?.world.stop()]));

  test('end an export as its own definition wants it', async () => {
    verified.world.sleepTillTomorrow();
    const { outcome, report } = await verified.world.run(begunWith('export'));
    expect(outcome.status, JSON.stringify(outcome)).toBe('SUCCEEDED');
    expect(report).toMatchObject({ outcome: 'succeeded', archive: { memberCount: expect.any(Number) } });
  });

  test('end a verification as its own definition wants it', async () => {
    const { outcome } = await verified.verify(undefined, begunWith('verify'));
    expect(outcome.status, JSON.stringify(outcome)).toBe('SUCCEEDED');
    expect(await verified.marks()).toContain('sound');
  });

  test('end a restore as its own definition wants it, and prove it', async () => {
    const { outcome, restoreReport } = await restored.restore({}, begunWith('restore'));
    expect(outcome.status, JSON.stringify(outcome)).toBe('SUCCEEDED');
    expect(restoreReport).toMatchObject({ outcome: 'succeeded', differences: [] });
  });

  test('clean up after one that fails, as its own definition wants it', async () => {
    verified.world.sleepTillTomorrow();
    await verified.world.manager.stopNode(0);
    const { outcome, report } = await verified.world.run(begunWith('export'));
    await verified.world.manager.startNode(0);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'ManagerUnavailable' });
    expect(report).toMatchObject({ outcome: 'failed', error: 'ManagerUnavailable' });
  });
});

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MachineName, machineNames } from '../../lib/base/machine-names.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { type AslState, allStates, loadMachine, stepOf, withArns } from '../../lib/workflow/definition.ts';
import { retriersOf } from '../../lib/workflow/retries.ts';
import { type Recorded, type Replies, type Reply, recordReplies } from '../support/recorded-replies.ts';
import { bin } from './install.ts';

const arnOf = (step: StepName) => `arn:aws:lambda:eu-central-1:123456789012:function:${step}`;
const definitions = Object.fromEntries(machineNames.map((name) => [name, withArns(loadMachine(name), arnOf)]));

interface Run {
  readonly machine: MachineName;
  readonly input: object;
  readonly replies: Replies;
}

interface Ended {
  readonly status: string;
  readonly error: string | null;
  readonly states: readonly string[];
  readonly calls: Partial<Record<StepName, number>>;
}

/** Runs them in the other interpreter, all in one process. */
async function interpret(runs: readonly Run[]): Promise<Ended[]> {
  const child = spawn(join(bin, 'python'), [join(import.meta.dirname, 'interpret.py')]);
  child.stdin.end(JSON.stringify({ machines: definitions, runs }));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(err.slice(-2000));
  return JSON.parse(out) as Ended[];
}

let good: Recorded;
const ended = new Map<string, Ended>();

/** Each step of each machine, with what is tried again: the first error of each rule. */
const steps = () =>
  machineNames.flatMap((machine) =>
    (Object.keys(good[machine].replies) as StepName[]).map((step, at) => {
      const rules = retriersOf(step).map(({ ErrorEquals: [error = ''], MaxAttempts }) => ({ error, MaxAttempts }));
      // The one that stays: another rule for each step, so that all have their turn and the runs end within a minute.
      return { name: `${machine} ${step}`, machine, step, rules, stays: rules[at % rules.length] ?? NO_RULE };
    }),
  );
const NO_RULE = { error: 'ContractViolation', MaxAttempts: 0 };

beforeAll(async () => {
  good = await recordReplies();
  const failing = (machine: MachineName, step: StepName, errors: Reply[], then: Reply[]) => ({
    machine,
    ...good[machine],
    replies: { ...good[machine].replies, [step]: [...errors, ...then] },
  });
  const all = await interpret([
    ...machineNames.map((machine) => ({ machine, ...good[machine] })),
    ...steps().map(({ machine, step, rules }) => failing(machine, step, rules, good[machine].replies[step] ?? [])),
    ...steps().map(({ machine, step, stays: { error } }) => failing(machine, step, [{ error }], [])),
  ]);
  const names = [
    ...machineNames,
    ...steps().map(({ name }) => `once ${name}`),
    ...steps().map(({ name }) => `always ${name}`),
  ];
  for (const [at, name] of names.entries()) ended.set(name, all[at] as Ended);
}, 180_000);
afterAll(() => ended.clear());

/** A state and the Maps that it stands in, the innermost first. */
function around(states: Readonly<Record<string, AslState>>, name: string): AslState[] {
  if (states[name]) return [states[name]];
  for (const state of Object.values(states)) {
    const inner = state.ItemProcessor ? around(state.ItemProcessor.States, name) : [];
    if (inner.length > 0) return [...inner, state];
  }
  return [];
}

/** Where an error of a state leads, or else of the Map that it stands in. */
function catchOf(machine: MachineName, state: string, error: string): string | undefined {
  const catchers = around(loadMachine(machine).States, state).flatMap(
    (one) => (one['Catch'] ?? []) as { ErrorEquals: string[]; Next: string }[],
  );
  return catchers.find(({ ErrorEquals }) => ErrorEquals.some((one) => one === error || one === 'States.ALL'))?.Next;
}

describe('in the interpreter of others', () => {
  test.each(machineNames)('%s runs to its end with what its steps have answered here', (machine) => {
    expect(ended.get(machine), JSON.stringify(ended.get(machine))).toMatchObject({ status: 'SUCCEEDED', error: null });
    const calls = Object.entries(good[machine].replies).map(([step, script]) => [step, script.length]);
    expect(ended.get(machine)?.calls).toEqual(Object.fromEntries(calls));
  });

  test('each error that is tried again may come once, one after the other: the execution succeeds', () => {
    const wrong = steps().filter(({ name, machine, step, rules }) => {
      const { status, calls } = ended.get(`once ${name}`) ?? { calls: {} };
      const expected = (good[machine].replies[step]?.length ?? 0) + rules.length;
      return status !== 'SUCCEEDED' || calls[step] !== expected;
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(steps().length).toBeGreaterThan(25);
  });

  test('an error that stays is tried as often as the step says, then goes where the state leads it', () => {
    const wrong = steps().flatMap(({ name, machine, step, stays }) => {
      const { calls = {}, states = [], status } = ended.get(`always ${name}`) ?? {};
      const inMap = around(loadMachine(machine).States, stateOfStep(machine, step)).length > 1;
      const failed = states.find((one) => stepOf(stateIn(machine, one)) === step) ?? '';
      const next = catchOf(machine, failed, stays.error);
      const tried = calls[step] ?? 0;
      // Rounds of a Map fail side by side, and the way of a failure may call the same step again.
      const isTried = inMap ? tried > stays.MaxAttempts : tried > 0 && tried % (stays.MaxAttempts + 1) === 0;
      const isCaught = status !== 'RUNNING' && (next === undefined || states.includes(next));
      return isTried && isCaught
        ? []
        : [`${name} ${stays.error}: ${tried} of ${stays.MaxAttempts}, ${states.join(' ')}`];
    });
    expect(wrong).toEqual([]);
  });
});

function stateOfStep(machine: MachineName, step: StepName): string {
  return [...allStates(loadMachine(machine).States)].find(([, state]) => stepOf(state) === step)?.[0] ?? '';
}

function stateIn(machine: MachineName, name: string): AslState {
  return new Map(allStates(loadMachine(machine).States)).get(name) ?? { Type: 'Pass' };
}

test.each(machineNames)('%s is valid for asl-validator', (machine) => {
  const validate = createRequire(import.meta.url)('asl-validator') as (definition: object) => object;
  expect(validate(definitions[machine] as object)).toMatchObject({ isValid: true });
});

import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { allStates, loadMachine } from '../../lib/workflow/definition.ts';
import { Nights } from '../support/nights.ts';
import { delayOf, type Retrier } from '../support/virtual-run.ts';

/**
 * Lambda refuses to start a function when the account's concurrency, or what the configuration reserves for a step, is in
 * use. Whoever waits in that line has to be patient: those before it copy for up to 15 minutes each.
 */
const THROTTLED = 'Lambda.TooManyRequestsException';
const HOUR = 3600;

describe.each(['export', 'restore', 'verify', 'reconcile'] as const)(
  '%s: a function that Lambda has no room for',
  (name) => {
    test('is tried for 4.5 h at each task, apart from the errors that are over in minutes', async () => {
      const machine = loadMachine(name);
      const tasks = [...allStates(machine.States)].filter(([, { Type }]) => Type === 'Task');
      expect(tasks.length).toBeGreaterThan(1);
      for (const [state, { Retry }] of tasks as unknown as [string, { Retry: Retrier[] }][]) {
        const [rule, ...more] = Retry.filter(({ ErrorEquals }) => ErrorEquals.includes(THROTTLED));
        expect([rule?.ErrorEquals, more], state).toEqual([[THROTTLED], []]);
        const waits = Array.from({ length: rule?.MaxAttempts ?? 0 }, (_, attempt) => delayOf(rule as Retrier, attempt));
        expect(waits.reduce((sum, wait) => sum + wait, 0) / HOUR, state).toBeCloseTo(4.5, 0);
        // 4 spans of a Map wait at once, for 48 h at most: with 3 events an attempt the history has room for that.
        expect(rule?.MaxDelaySeconds, state).toBe(300);
      }
    });
  },
);

test.each<StepName>(['FindManager', 'CopySpan', 'VerifySpan', 'ReportRun'])(
  'an export whose %s finds no room 40 times ends with a verified archive',
  async (throttled) => {
    const nights = await Nights.begin({ settings: { spanSize: 1024 ** 2 } });
    try {
      nights.world.sleepTillTomorrow();
      const before = (step: string, call: number) => {
        if (step === throttled && call <= 40) throw Object.assign(new Error('Rate Exceeded.'), { name: THROTTLED });
      };
      await nights.play({ name: throttled, run: { before }, ends: 'SUCCEEDED' });
    } finally {
      await nights.stop();
    }
  },
);

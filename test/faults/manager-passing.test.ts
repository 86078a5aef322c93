import { afterAll, beforeAll, describe, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { type Breakage, manager } from '../support/breakages.ts';
import { Nights } from '../support/nights.ts';
import { impatient } from '../support/world.ts';

/** What passes by itself: whatever step it hits, the night is saved. */
const PASSING: readonly [string, (step: StepName) => Breakage][] = [
  ['HTTP 500 with a traceback', (step) => manager('serverError', { status: 500 }, { step, times: 1 })],
  ['HTTP 502, twice', (step) => manager('serverError', { status: 502 }, { step, times: 2 })],
  ['HTTP 504', (step) => manager('serverError', { status: 504 }, { step, times: 1 })],
  [
    'the rate limit: HTML 503 without Retry-After, four times',
    (step) => manager('rateLimited', {}, { step, times: 4 }),
  ],
  ['a login page with HTTP 200', (step) => manager('htmlError', { status: 200 }, { step, times: 1 })],
  ['half a JSON document', (step) => manager('garbageJson', {}, { step, times: 1 })],
  ['a connection that is closed', (step) => manager('refuse', {}, { step, times: 2 })],
];

const STEPS: readonly StepName[] = [
  'FindManager',
  'CreateSnapshot',
  'CheckSnapshot',
  'PlanTransfer',
  'CopySpan',
  'PruneManager',
];
/** Archives are no JSON. */
const READS_ARCHIVES: readonly StepName[] = ['PlanTransfer', 'CopySpan'];

describe.each(STEPS)('%s survives', (step) => {
  let nights: Nights;
  beforeAll(async () => {
    nights = await Nights.begin();
  });
  afterAll(async () => await nights.stop());

  const met = PASSING.filter(([name]) => !(READS_ARCHIVES.includes(step) && name.includes('JSON')));
  test.each(met)('%s', async (name, broken) => {
    await nights.play({ name, broken: broken(step), ends: 'SUCCEEDED' });
  });
});

describe('no answer at all is survived', () => {
  let nights: Nights;
  beforeAll(async () => {
    nights = await Nights.begin({ settings: impatient });
  });
  afterAll(async () => await nights.stop());

  test.each(STEPS)('at %s', async (step) => {
    await nights.play({ name: step, broken: manager('hang', {}, { step, times: 1 }), ends: 'SUCCEEDED' });
  });
});

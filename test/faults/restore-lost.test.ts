import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { askByHand, at, lostAndBlind, restoresOn, uploadOn } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore } from '../support/restores.ts';

/** The answer to the request for a restore is lost, and more goes wrong beside. */

const asked = ({ target }: RestoreWorld) =>
  target.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore')).length;
const once: Also = (both) => expect([asked(both), restoresOn(both)]).toEqual([1, ['terminated']]);

describe.each(['5.2.7', '6.4.2', '7.0.5'])('%s: the answer is lost', (version) => {
  test.each([-7200, -180, 180, 7200])("and the manager's clock is wrong by %d s", async (targetClockSeconds) => {
    await playRestore({
      name: 'clock',
      world: { version, targetClockSeconds },
      broken: lostAndBlind,
      during: at('CheckRestore', ({ world }) => world.clock.advance(120)),
      ends: 'SUCCEEDED',
      within: 3600,
      also: once,
    });
  });

  test('and the archive lacks the tenant that it was asked for in', async () => {
    await playRestore({
      name: 'tenant',
      world: { version, target: { tenants: ['only-here'] } },
      input: { tenantName: 'only-here', force: true },
      broken: lostAndBlind,
      during: at('CheckRestore', ({ world }) => world.clock.advance(120)),
      // What a new-format restore finds there stays.
      ends: version === '7.0.5' ? 'RestorePartial' : 'SUCCEEDED',
      within: 3600,
      also: once,
    });
  });

  test('with the function, twice, and the worker takes it after minutes', async () => {
    let lost = 0;
    const after = (step: string) => {
      if (step !== 'StartRestore' || lost++ >= 2) return;
      throw Object.assign(new Error('lost'), { name: 'Lambda.SdkClientException' });
    };
    await playRestore({
      name: 'late',
      world: { version, target: { restoreSeconds: 3000 } },
      run: { after },
      ends: 'SUCCEEDED',
      also: (both) => {
        once(both, undefined as never, undefined);
        expect(both.target.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
      },
    });
  });

  test('and the request arrives minutes after the connection broke', async () => {
    await playRestore({
      name: 'on its way',
      world: { version },
      broken: manager('restoreNeverArrives', { status: 502 }, { times: 1 }),
      during: at(
        'CheckRestore',
        async (both) => {
          both.world.clock.advance(240);
          expect(await askByHand(both, uploadOn(both))).toBe(200);
        },
        2,
      ),
      ends: 'SUCCEEDED',
      within: 3600,
      also: (both) => expect(restoresOn(both)).toEqual(['terminated']),
    });
  });
});

test.each(['6.4.2', '7.0.5'])('%s: the answer is lost, and somebody leaves a ghost every second', async (version) => {
  await playRestore({
    name: 'ghosts',
    world: { version },
    broken: lostAndBlind,
    during: ({ target: { state } }, step, call) => {
      const ghost = { workflowId: 'restore_snapshot', isSystem: true, parameters: { snapshot_id: 'theirs' } };
      if (step === 'CheckRestore' && call === 1)
        for (let n = 0; n < 120; n++) state.addExecution({ ...ghost, status: 'pending' });
      if (step === 'RecordRestore')
        for (const row of state.activeExecutions) state.setExecutionStatus(row, 'cancelled', '');
    },
    ends: 'SUCCEEDED',
    within: 3600,
    also: (both) => expect(asked(both)).toBe(1),
  });
});

test('lost requests are counted over the whole run, and so is its deadline', async () => {
  await playRestore({
    name: 'lost for hours',
    world: { version: '6.4.2' },
    broken: manager('restoreNeverArrives', { status: 502 }),
    // Away for two hours before every repetition.
    during: ({ world }, step, call) => {
      if (step === 'CheckRestore' && call % 5 === 1) world.clock.advance(7200);
    },
    ends: 'RestoreUnknown',
    within: 6 * 3600 + 9000,
  });
});

describe.each(['6.4.2', '7.0.5'])('%s: a worker takes a restore in the moment in which it is cancelled', (version) => {
  test('by tidying: it is left alone, and said to be at work', async () => {
    await playRestore({
      name: 'tidying',
      world: { version, target: { restoreSeconds: 6 * 3600 } },
      broken: manager('takenWhenCancelled', {}, { times: 1 }),
      during: at('CheckRestore', ({ world }) => world.clock.advance(1000), 3),
      ends: 'RestoreUnknown',
      says: /was not started within 30 min/,
      notes: /may be, still at work on manager m2; snapshot offsite-restore-\S+ stays/,
      atWork: true,
      within: 3 * 3600,
      also: ({ target }) => {
        expect(target.state.restores).toHaveLength(1);
        expect(target.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
      },
    });
  });
});

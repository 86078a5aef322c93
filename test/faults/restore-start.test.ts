import { describe, expect, test } from 'vitest';
import { manager, storage } from '../support/breakages.ts';
import { askByHand, at, busyWith, lostAndBlind, restoresOn } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';

const RESTORE = { method: 'POST', path: /\/restore$/ };
const lines = ['5.2.7', '6.4.2', '7.0.5'] as const;

const asked = ({ target }: RestoreWorld) => target.requests.filter(({ path }) => RESTORE.path.test(path)).length;

/** Once, and no ghost of a repetition. */
const once: Also = (both) => expect(restoresOn(both)).toEqual(['terminated']);

const ONCE: readonly RestoreCase[] = [
  {
    name: 'the answer is lost',
    broken: manager('lostRestoreResponse', {}, { times: 1 }),
    ends: 'SUCCEEDED',
    also: once,
  },
  { name: 'a 500, but it runs', broken: manager('restore500ButDone', {}, { times: 1 }), ends: 'SUCCEEDED', also: once },
  {
    name: 'it never arrives, twice',
    broken: manager('restoreNeverArrives', {}, { times: 2 }),
    ends: 'SUCCEEDED',
    also: once,
  },
  {
    name: 'bad gateways, three times',
    broken: manager('serverError', { status: 502 }, { step: 'StartRestore', times: 3 }),
    ends: 'SUCCEEDED',
    also: once,
  },
  {
    name: 'storage does not give the claim, six times',
    broken: storage({ operation: 'GetObject', step: 'StartRestore' }, ...Array<'slowDown'>(6).fill('slowDown')),
    ends: 'SUCCEEDED',
    also: once,
  },
  {
    name: 'a login page answers, once',
    broken: manager('htmlError', { status: 200 }, { ...RESTORE, times: 1 }),
    ends: 'SUCCEEDED',
    also: once,
  },
  {
    name: 'refused while something runs, twice; each refusal leaves a ghost, which goes',
    broken: manager('restoreBusy', {}, { times: 2 }),
    ends: 'SUCCEEDED',
    also: (both) => {
      const ghosts = restoresOn(both).filter((status) => status !== 'terminated');
      expect(new Set(ghosts)).toEqual(new Set(ghosts.length > 0 ? ['cancelled'] : []));
      expect(asked(both)).toBe(3);
    },
  },
  {
    name: 'something has begun since the check: waited for, and not asked meanwhile',
    during: async (both, step, call) => {
      const { world } = both as unknown as { world: { free?: () => void } };
      if (step === 'StartRestore' && call === 1) world.free = busyWith(both.target);
      if (step === 'StartRestore' && call === 3) world.free?.();
    },
    ends: 'SUCCEEDED',
    also: (both) => expect([asked(both), restoresOn(both)]).toEqual([1, ['terminated']]),
  },
];

const NEVER: readonly RestoreCase[] = [
  {
    name: 'something runs for ever',
    during: at('StartRestore', ({ target }) => busyWith(target)),
    ends: 'ManagerBusy',
    says: /install \S+ \(started\).*Run the restore again when they have ended.*m2 is as it was/,
    also: (both) => expect([asked(both), restoresOn(both)]).toEqual([0, []]),
  },
  {
    name: 'refused for ever: no ghost is left to block the manager',
    broken: manager('restoreBusy', {}),
    ends: 'ManagerBusy',
    also: (both) => {
      expect(asked(both)).toBe(7);
      expect(restoresOn(both).filter((status) => status !== 'cancelled')).toEqual([]);
    },
  },
  {
    name: 'it never arrives',
    broken: manager('restoreNeverArrives', { status: 502 }),
    ends: 'RestoreUnknown',
    says: /was asked for 3 times; no answer came, and nothing shows that the manager has taken it/,
    within: 3600,
    also: (both) => expect([asked(both), restoresOn(both)]).toEqual([3, []]),
  },
  {
    name: 'the uploaded snapshot is deleted by somebody',
    during: at('StartRestore', ({ target: { state } }) => {
      for (const row of [...state.snapshots]) state.removeSnapshot(row);
    }),
    ends: 'SnapshotLost',
    says: /The uploaded snapshot offsite-restore-\S+ is missing from manager m2\. Find out who deleted it.*m2 is as it was/,
    within: 300,
    also: (both) => expect(restoresOn(both)).toEqual([]),
  },
  {
    name: 'the role was taken away',
    broken: manager('forbidden', {}, { step: 'StartRestore' }),
    ends: 'PermissionDenied',
    also: (both) => expect(restoresOn(both)).toEqual([]),
  },
  {
    name: 'the password is rejected',
    broken: manager('expiredCredentials', {}, { step: 'StartRestore' }),
    ends: 'CredentialsRejected',
    also: (both) => expect(restoresOn(both)).toEqual([]),
  },
];

describe.each(lines)('StartRestore on %s', (version) => {
  test.each(ONCE)('$name', async (one) => {
    await playRestore({ ...one, world: { version } });
  });
});

test.each(['6.4.2', '7.0.5'])(
  '%s: an old ghost is taken by a worker when it is cleared: not restored beside it',
  async (version) => {
    await playRestore({
      name: 'ghost',
      world: { version, target: { restoreSeconds: 300 } },
      broken: manager('takenWhenCancelled', {}, { times: 1 }),
      prepare: async (both) => {
        // Somebody's, whose worker was away for a quarter of an hour.
        both.target.state.addSnapshot('theirs', 'uploaded');
        both.target.faults.inject('restoreForever', {}, { times: 1 });
        expect(await askByHand(both, 'theirs')).toBe(200);
        for (const { steps } of both.target.state.restores) {
          for (const step of steps) Object.assign(step, { at: step.at + 1232_000 });
        }
        both.world.clock.advance(1200);
      },
      ends: 'ManagerBusy',
      says: /may be restoring still: execution \S+ is cancelled/,
      also: ({ target }) => expect(asked({ target } as RestoreWorld)).toBe(1),
    });
  },
);

describe('StartRestore', () => {
  test.each(NEVER)('$name', playRestore);

  test('the broker is down: nobody ever takes it; it is cancelled and not started when the broker is back', async () => {
    await playRestore({
      name: 'broker',
      broken: manager('brokerDown', {}, { step: 'StartRestore' }),
      ends: 'RestoreUnknown',
      says: /was not started within 30 min.*broker.*mgmtworker/,
      notes: /was never started; it is set to cancelled/,
      within: 3600,
      also: (both) => {
        both.world.clock.advance(24 * 3600);
        expect(restoresOn(both)).toEqual(['cancelled']);
        expect(both.target.state.content.inventory().totals.blueprints).toBe(0);
      },
    });
  });

  test('the password was rotated, and the secret with it', async () => {
    await playRestore({
      name: 'rotated',
      during: at('StartRestore', ({ target, world }) => {
        target.state.setPassword('admin', 'another-password');
        Object.assign(world.secret, { password: 'another-password' });
      }),
      ends: 'SUCCEEDED',
      also: once,
    });
  });

  test.each(lines)(
    '%s: the answer is lost, and the function with it: the repetition finds what it began',
    async (version) => {
      await playRestore({
        name: 'lost twice',
        world: { version },
        broken: lostAndBlind,
        ends: 'SUCCEEDED',
        also: (both) => expect(asked(both)).toBe(1),
      });
    },
  );
});

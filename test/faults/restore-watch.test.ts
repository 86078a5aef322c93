import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { at, lostAndBlind, restoresOn } from '../support/restore-breakages.ts';
import type { RestoreWorld, RestoreWorldOptions } from '../support/restore-world.ts';
import { playRestore } from '../support/restores.ts';

/** Hours of looking at a restore: nodes that come and go, a load balancer, secrets and passwords that are no good. */

const HOURS = 3600;
const cluster = (target: RestoreWorldOptions['target']): RestoreWorldOptions => ({
  version: '6.4.2',
  source: { version: '6.4.2', edition: 'premium' },
  target: { nodes: 3, restoreSeconds: 3 * HOURS, ...target },
});

/** A look has met the flag of node 1 already. */
function seenRestoring() {
  let looks = 0;
  return (flags: ReadonlySet<number>) => {
    if (flags.has(1)) looks += 1;
    return looks > 1;
  };
}

const asked = ({ target }: RestoreWorld) =>
  target.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore')).length;

describe('nodes that come and go during a restore of 3 h', () => {
  test('one that was ill at the start is well again, and the one that restores says nothing', async () => {
    await playRestore({
      name: 'ill',
      world: cluster({ restoreNode: 1 }),
      broken: manager('statusFail', {}, { node: 2, step: 'FindTarget' }),
      ends: 'SUCCEEDED',
    });
  });

  test('one that was down at the start comes back, takes part, and is the one that restores', async () => {
    await playRestore({
      name: 'back',
      world: cluster({ restoreNode: 2 }),
      prepare: ({ target }) => target.stopNode(2),
      during: at('StartRestore', ({ target }) => target.startNode(2)),
      ends: 'SUCCEEDED',
    });
  });

  test('the node that restored goes away before it says that it is over: not called over until it is back', async () => {
    let backAt = 0;
    const seen = seenRestoring();
    await playRestore({
      name: 'gone',
      world: { ...cluster({ restoreNode: 1, restoreSeconds: 600 }), version: '7.0.5', source: { edition: 'premium' } },
      during: async ({ target, world }, step) => {
        if (step !== 'CheckRestore') return;
        const { stoppedNodes, restoreFlags } = target.state;
        if (backAt === 0 && seen(restoreFlags)) {
          await target.stopNode(1);
          backAt = world.clock.now().getTime() + 30 * 60_000;
        } else if (stoppedNodes.has(1) && world.clock.now().getTime() >= backAt) {
          await target.startNode(1);
        }
      },
      ends: 'SUCCEEDED',
      also: (_both, _result, evidence) => expect(evidence?.rtoSeconds).toBeGreaterThan(30 * 60),
    });
  });

  test('and never comes back: not known', async () => {
    const seen = seenRestoring();
    await playRestore({
      name: 'gone for ever',
      world: { ...cluster({ restoreNode: 1, restoreSeconds: 600 }), version: '7.0.5', source: { edition: 'premium' } },
      during: async ({ target }, step) => {
        if (step === 'CheckRestore' && seen(target.state.restoreFlags)) await target.stopNode(1);
      },
      ends: 'RestoreUnknown',
      says: /ended as completed, but the manager has not been well since.*which restored, does not answer/,
      within: 2 * HOURS,
    });
  });
});

describe('behind a load balancer that shows one node of three', () => {
  const behind = { ...cluster({ restoreNode: 0 }), secret: {} };
  const oneAddress = ({ world, target }: RestoreWorld) => {
    Object.assign(world.secret, { endpoints: [target.urls[0]] });
  };

  test('the flag is seen, and then another node is shown for hours', async () => {
    await playRestore({
      name: 'another node',
      world: { ...behind, version: '7.0.5', source: { edition: 'premium' } },
      prepare: oneAddress,
      during: (both, step) => {
        const { restoreFlags } = both.target.state;
        if (step === 'CheckRestore' && restoreFlags.delete(0)) restoreFlags.add(2);
      },
      ends: 'SUCCEEDED',
    });
  });

  test('and the answer was lost, and the executions are gone for half an hour', async () => {
    let hiddenAt = 0;
    let hidden: RestoreWorld['target']['state']['executions'] = [];
    await playRestore({
      name: 'lost',
      world: { ...behind, version: '7.0.5', source: { edition: 'premium' } },
      prepare: oneAddress,
      broken: lostAndBlind,
      during: ({ target, world }, step, call) => {
        if (step !== 'CheckRestore') return;
        if (call === 1) world.clock.advance(1700);
        const { state } = target;
        if (call === 1) {
          expect(state.restoreFlags.size, 'seen once').toBe(1);
          hiddenAt = world.clock.now().getTime();
          hidden = state.executions.splice(0);
        }
        if (call === 2) state.restoreFlags.clear();
        if (hidden.length > 0 && world.clock.now().getTime() > hiddenAt + 1800_000)
          state.executions.push(...hidden.splice(0));
      },
      ends: 'SUCCEEDED',
      also: (both) => expect([asked(both), restoresOn(both)]).toEqual([1, ['terminated']]),
    });
  });
});

test('a legacy restore stops REST, and restarts it later once more: both are waited through', async () => {
  const seen: number[] = [];
  await playRestore({
    name: 'two windows',
    world: { version: '6.4.2', target: { restoreSeconds: 1200 } },
    during: async ({ target }, step) => {
      if (step !== 'CheckRestore') return;
      const { status } = await fetch(`${target.urls[0]}/api/v3.1/snapshot-status`);
      if (seen.at(-1) !== status) seen.push(status);
    },
    ends: 'SUCCEEDED',
    also: () => expect(seen).toEqual([200, 502, 200, 502, 200]),
  });
});

test('the secret is no good for a while: looked at again, until it is', async () => {
  let good: unknown;
  await playRestore({
    name: 'secret',
    world: { version: '6.4.2', target: { restoreSeconds: HOURS } },
    during: ({ world }, step, call) => {
      if (step !== 'CheckRestore' || ![3, 8].includes(call)) return;
      const { secret } = world;
      if (call === 3) good = [...secret.endpoints];
      Object.assign(secret, { endpoints: call === 3 ? [] : good });
      world.clock.advance(400);
    },
    ends: 'SUCCEEDED',
  });
});

test('the secret is no good any more: not known, at the deadline', async () => {
  await playRestore({
    name: 'secret for ever',
    world: { version: '7.0.5' },
    during: at(
      'CheckRestore',
      ({ world }) => {
        Object.assign(world.secret, { endpoints: [] });
        world.clock.advance(400);
      },
      3,
    ),
    ends: 'RestoreUnknown',
    says: /has not ended within.*The secret of manager m2 is not valid/,
    atWork: true,
  });
});

test('no node says whether it restores, and every password is rejected for 2 h: few bad logins', async () => {
  const inLooks = { step: 'CheckRestore' } as const;
  await playRestore({
    name: 'bad logins',
    world: { version: '5.2.7', target: { restoreSeconds: 2.5 * HOURS } },
    broken: [
      manager('serverError', { status: 500 }, { ...inLooks, path: /snapshot-status/ }),
      manager('expiredCredentials', {}, { ...inLooks, path: /executions/ }),
    ],
    during: ({ target, world }, step) => {
      if (step !== 'CheckRestore') return;
      const began = target.requests.find(({ path }) => path.endsWith('/restore'))?.at.getTime() ?? 0;
      if (world.clock.now().getTime() - began > 2 * HOURS * 1000) target.faults.clear();
    },
    ends: 'SUCCEEDED',
    also: ({ target }) => {
      const tries = target.requests.filter(({ path, status }) => /executions/.test(path) && status === 401).length;
      // Two credentials, every 5 min; some more at the end.
      expect(tries).toBeLessThan(70);
    },
  });
});

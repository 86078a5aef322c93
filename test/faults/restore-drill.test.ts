import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { askByHand, at, changesAsked } from '../support/restore-breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playIn, playRestore } from '../support/restores.ts';

const input = { purpose: 'drill' };
const drill = { secret: { drillTarget: true } } as const;
const totals = ({ target }: Parameters<Also>[0]) => target.state.content.inventory().totals;
const cleared: Also = (both) => {
  const { blueprints, deployments, plugins, secrets, sites, nodes } = totals(both);
  expect([blueprints, deployments, plugins, secrets, sites, nodes]).toEqual([0, 0, 0, 0, 0, 0]);
};

describe('a drill', () => {
  test.each([{}, { secret: { drillTarget: false } }])('on a manager that is not for drills: %j', async (world) => {
    await playRestore({
      name: 'refused',
      world,
      input,
      ends: 'DrillRefused',
      says: /does not say "drillTarget": true.*Nothing was started/,
      unclaimed: true,
      also: async (both) => {
        expect(both.target.requests).toEqual([]);
        expect(await both.claim()).toBeUndefined();
      },
    });
  });

  test('is refused in a dry run as well', async () => {
    await playRestore({ name: 'dry', input: { ...input, dryRun: true }, ends: 'DrillRefused', unclaimed: true });
  });

  test.each(['5.2.7', '6.4.2', '7.0.2', '7.0.5'])(
    'on %s: proved, then what it brought is taken away',
    async (version) => {
      await playRestore({
        name: version,
        world: { version, ...drill },
        input,
        ends: 'SUCCEEDED',
        holds: 'nothing',
        notes: /Removed from manager m2 after the drill: 12 deployments, 8 blueprints, 4 plugins, 10 secrets, 2 sites/,
        also: (both, result, evidence) => {
          cleared(both, result, evidence);
          expect(evidence).toMatchObject({
            purpose: 'drill',
            state: 'succeeded',
            verification: { outcome: 'complete' },
          });
          expect(result.published[0]?.subject).toMatch(/restore drill of m2 succeeded/);
          const orders = changesAsked(both).filter((one) => /executions|uninstall/.test(one));
          expect(orders, 'nothing is uninstalled: that would reach production').toEqual([]);
        },
      });
    },
  );

  test('that is partial fails, and is taken away as well', async () => {
    await playRestore({
      name: 'partial',
      world: drill,
      input,
      broken: manager('restorePartial', { type: 'blueprints', count: 2 }),
      ends: 'RestorePartial',
      also: cleared,
    });
  });

  describe.each(['6.4.2', '7.0.5'])('on %s, and then another snapshot is restored', (version) => {
    const theirs = async (both: RestoreWorld) => {
      const password = version === '6.4.2' ? both.sourcePassword : undefined;
      both.target.state.addSnapshot('theirs', 'uploaded');
      both.target.faults.inject('restoreForever', {}, { times: 1 });
      expect(await askByHand(both, 'theirs', password)).toBe(200);
    };
    const taken = async (both: RestoreWorld) => {
      await theirs(both);
      both.world.clock.advance(5);
    };
    const end = { name: 'theirs', world: { version, ...drill }, input, atWork: true, holds: 'archive' } as const;
    const nothing = /Nothing was removed from manager m2 after the drill: another restore has been asked for since/;

    test('before it is proved: nothing is removed under it', async () => {
      await playRestore({ ...end, during: at('VerifyRestore', taken), ends: 'RestoreUnknown', notes: nothing });
    });

    test.each([theirs, taken])('after it was proved: nothing is removed under it', async (act) => {
      await playRestore({ ...end, during: at('TidyTarget', act), ends: 'SUCCEEDED', notes: nothing });
    });

    test('while it is taken away: nothing more is removed', async () => {
      let isAsked = false;
      await playRestore({
        ...end,
        during: at('TidyTarget', (both) => {
          const test = (text: string) => {
            if (!isAsked && text.includes('/plugins')) {
              isAsked = true;
              both.target.state.addExecution({
                ...{ workflowId: 'restore_snapshot', status: 'started', isSystem: true },
                parameters: { snapshot_id: 'theirs' },
              });
            }
            return false;
          };
          both.target.faults.inject('serverError', { status: 503 }, { path: Object.assign(/x/, { test }) });
        }),
        ends: 'SUCCEEDED',
        holds: 'anything',
        notes: /Removed from manager m2 after the drill: 12 deployments.*Nothing more was removed from manager m2/,
        also: (both) => expect(totals(both)).toMatchObject({ deployments: 0, sites: 2 }),
      });
    });
  });

  test('that cannot be taken away stands, and that is said', async () => {
    await playRestore({
      name: 'stays',
      world: drill,
      input,
      broken: manager('serverError', { status: 500 }, { method: 'DELETE', path: /\/(blueprints|deployments)\// }),
      ends: 'SUCCEEDED',
      holds: 'anything',
      notes:
        /Of the drill there remain on manager m2: tenants \(1\), users \(2\), user groups \(1\), deployments \(12\), blueprints \(8\)/,
      // It gives up in time for what comes after it.
      within: 1500,
    });
  });

  test('that is refused for what is on the manager removes nothing of it', async () => {
    await playRestore({
      name: 'not empty',
      world: { ...drill, target: { holds: 'archive' } },
      input,
      ends: 'TargetNotEmpty',
      holds: 'archive',
    });
  });

  test.each([
    ['6.4.2', 'SUCCEEDED', 'nothing', /Removed from manager m2 after the drill/],
    ['7.0.5', 'RestorePartial', 'archive', /Nothing that manager m2 holds was removed.*it had content before/],
  ] as const)(
    'after a drill on %s meets its tenants, which stay: %s with force',
    async (version, ends, holds, notes) => {
      const both = await RestoreWorld.start({ version, ...drill, secret: { drillTarget: true } });
      await playIn(both, { name: 'first', input, ends: 'SUCCEEDED', holds: 'nothing' });
      // The credentials of the archive are the manager's now.
      if (version === '6.4.2') Object.assign(both.world.secret, { password: both.sourcePassword });
      await playIn(both, { name: 'second', input, ends: 'TargetNotEmpty', says: /holds 2 tenants/ });
      await playIn(both, { name: 'third', input: { ...input, force: true }, ends, holds, notes });
      await both.stop();
    },
  );
});

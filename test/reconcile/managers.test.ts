import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import { configuredRules, functionConfigOf } from '../../lib/config/function-config.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';

let one: ReconcileWorld;
beforeAll(async () => {
  one = await ReconcileWorld.start(1);
  one.till(10);
});
afterAll(async () => await one?.world.stop());

/** The archives in the bucket are of m1; the reconciliation is of the manager that the configuration has now. */
async function findings(config: object, manager: string) {
  const known = functionConfigOf(parseConfig(config));
  const { named } = configuredRules(known, manager);
  one.rules = { ...NIGHTLY, named };
  const { report } = await one.reconcile({ manager, dryRun: true, storageOnly: true });
  return report.findings.filter(({ kind }) => kind === 'UnknownManager');
}

test('a manager that was renamed without its steps is reported, with what to write', async () => {
  const found = await findings({ managers: [{ id: 'm1-eu' }] }, 'm1-eu');
  expect(found).toMatchObject([
    { about: 'm1', repair: 'open', message: expect.stringMatching(/archives of manager m1.*add m1 to formerManagers/) },
  ]);
});

test('it is not when it is named in managers or in formerManagers', async () => {
  expect(await findings({ managers: [{ id: 'm2' }], formerManagers: ['m1'] }, 'm2')).toEqual([]);
  expect(await findings({ managers: [{ id: 'm2' }, { id: 'm1' }] }, 'm2')).toEqual([]);
});

test('one message is enough: the second manager does not look, nor one of which nothing is configured', async () => {
  expect(await findings({ managers: [{ id: 'm2' }, { id: 'm3' }] }, 'm3')).toEqual([]);
  expect(await findings({ managers: [{ id: 'm2' }] }, 'm9')).toEqual([]);
});

test('a manager with the id of a former one is refused: both would share their archives', () => {
  const reused = () => parseConfig({ managers: [{ id: 'm1' }], formerManagers: ['m1'] });
  expect(reused).toThrow(InvalidConfiguration);
  expect(reused).toThrow(/managers\.0\.id: m1 is in formerManagers: give a new manager another id/);
});

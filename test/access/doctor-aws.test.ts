import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DeployedWorld } from '../support/deployed-world.ts';

let world: DeployedWorld;
beforeAll(async () => {
  world = await DeployedWorld.start();
});
afterAll(async () => await world.stop());
afterEach(() => {
  world.managers.m1.faults.clear();
  world.sfn.mend();
});

const doctor = async (...more: string[]) => await world.offsite(['doctor', '--manager', 'm1', ...more]);

test('all is well: the lines of the function beside those of the installation; nothing was written anywhere', async () => {
  const asked = world.managers.m1.requests.length;
  const { code, out } = await doctor();
  expect(code).toBe(0);
  for (const what of [
    'stack',
    'bucket',
    'clock of the store',
    'secret',
    'manager',
    'user',
    'licence',
    'bucket from the VPC',
  ])
    expect(out).toMatch(new RegExp(`^ok +${what}: `, 'm'));
  expect(world.sfn.executions.map(({ machine, input }) => [machine, input])).toEqual([
    ['offsite-diagnose', '{"manager":"m1"}'],
  ]);
  const sent = world.managers.m1.requests.slice(asked).map(({ method }) => method);
  expect([...new Set(sent)].sort()).toEqual(['GET']);
  expect(await world.files('.')).toEqual([]);
});

test('--json is one document, with the same lines', async () => {
  const { code, out } = await doctor('--json');
  const { outcome, manager, checks } = JSON.parse(out);
  expect([code, outcome, manager]).toEqual([0, 'succeeded', 'm1']);
  expect(checks).toContainEqual({ what: 'secret', state: 'ok', text: expect.stringContaining('decrypted') });
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a service of the manager that is down',
    () => world.managers.m1.faults.inject('statusFail', { service: 'RabbitMQ' }),
    /^failed +manager: ManagerUnavailable: .*not healthy/m,
  ],
  ['an expired licence', () => world.managers.m1.faults.inject('unlicensed', {}), /^failed +licence: .*Renew it/m],
  [
    'credentials that the manager rejects',
    () => world.managers.m1.faults.inject('expiredCredentials', {}),
    /^failed +manager: CredentialsRejected: /m,
  ],
  [
    'a person who may not start it',
    () => world.sfn.fail('StartExecution', 'AccessDeniedException'),
    /^failed +diagnosis: AwsRefused: /m,
  ],
  [
    'a person who may not see the installation',
    () => world.sfn.fail('ListStateMachines', 'AccessDeniedException'),
    /^failed +stack: AwsRefused: /m,
  ],
  ['another name of the installation', () => undefined, /^failed +stack: InstallationNotFound: .*--installation/m],
])('%s: the line that names it', async (name, breakage, says) => {
  breakage();
  const { code, out } = await doctor(...(name.startsWith('another') ? ['--installation', 'other'] : []));
  expect([code, out]).toEqual([1, expect.stringMatching(says)]);
});

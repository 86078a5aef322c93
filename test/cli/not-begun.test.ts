import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type NotifiedMachine, notifiedMachine } from '../support/notified-machine.ts';

/** Runs of a configuration that end before they have storage for a record: the targets are notified all the same. */

let machine: NotifiedMachine;
beforeAll(async () => {
  machine = await notifiedMachine();
  await machine.write('a-file', '');
});
afterAll(async () => await machine.stop());
beforeEach(() => machine.forget());

async function config(local: object, { passwordFile = 'password', ...notifications }: Record<string, unknown> = {}) {
  const own = { ...machine.local, passwordFile };
  const managers = [
    { id: 'prod', local: own },
    { id: 'lab', schedule: null, drillTarget: true, restoreFrom: ['prod'], local: own },
  ];
  const targets = machine.servers
    .targets()
    .filter(({ type }) => type === 'webhook' || type === 'ping')
    .map((target) => ({ ...target, urlFile: 'url' }));
  return await machine.configured({ managers, local }, { targets, ...notifications });
}

const runs = [
  ['export', 'prod', 'export --manager prod', 'export of prod'],
  ['export', 'prod', 'export --all', 'export of prod'],
  ['verify', null, 'verify --sample 10%', 'verification of all managers'],
  ['verify', 'prod', 'verify --all --manager prod', 'verification of prod'],
  ['reconcile', null, 'reconcile --all --repair', 'reconciliation of all managers'],
  ['reconcile', 'prod', 'reconcile --manager prod --repair', 'reconciliation of prod'],
  ['restore', 'lab', 'restore --drill --manager lab --source-manager prod', 'restore of lab'],
  ['retention', null, 'retention expire --yes', 'retention of all managers'],
  ['report', null, 'report --keep', 'report of all managers'],
  ['digest', null, 'digest --send', 'digest of all managers'],
] as const;

test.each(runs)('%s of %s, %s: a folder that cannot be opened notifies the targets', async (about, of, line, what) => {
  const file = await config({ folder: about === 'export' ? 'a-file' : 'gone' });
  const { code, err } = await machine.offsite(`${line} --local --config ${file}`);
  expect([line, code]).toEqual([line, line.includes('export --all') ? 1 : expect.toSatisfy((c) => c === 1 || c === 2)]);
  const [first] = machine.messages();
  expect(first).toMatchObject({
    about,
    outcome: 'failure',
    manager: of,
    subject: `cloudify-offsite: ${what} failed`,
    report: { outcome: 'failed', notes: [expect.stringMatching(/offsite status does not show it/)] },
  });
  expect(err).toContain(first.report.error);
  expect(first.message).toMatch(about === 'export' ? /a-file/ : /gone/);
  expect(machine.servers.hits.some(({ path }) => path.includes('/fail'))).toBe(about === 'export');
});

test('a store that is not there, and a password file that is not there, notify as well', async () => {
  const store = { bucket: 'backups', endpoint: 'http://127.0.0.1:9' };
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'canary-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-key');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  for (const line of [
    'export --manager prod',
    'verify --sample 10%',
    'verify --all --manager prod',
    'reconcile --all --repair',
    'restore --drill --manager lab --source-manager prod',
    'retention expire --yes',
  ]) {
    machine.forget();
    const file = await config(store);
    await machine.offsite(`${line} --local --config ${file}`);
    expect([line, machine.messages().map(({ outcome }) => outcome)]).toEqual([
      line,
      expect.arrayContaining(['failure']),
    ]);
  }
  machine.forget();
  const file = await config({ folder: 'store' }, { passwordFile: 'no-file' });
  expect(await machine.offsite(`export --local --manager prod --config ${file}`)).toMatchObject({ code: 2 });
  expect(machine.messages()).toMatchObject([{ about: 'export', manager: 'prod', outcome: 'failure' }]);
});

test('what a person asks for notifies no one: a dry run, a plan, a check, a typed mistake', async () => {
  const file = await config({ folder: 'gone' });
  for (const line of [
    'reconcile --all',
    'retention expire',
    'digest',
    'restore --dry-run --manager lab --source-manager prod',
    'verify',
    'export',
  ])
    await machine.offsite(`${line} --local --config ${file}`);
  await machine.offsite('verify --all --local --from /nowhere');
  expect(machine.messages()).toEqual([]);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { memoryDisk } from '../support/run-folder.ts';

let dir: string;
const clock = new VirtualClock('2026-11-20T02:00:00.000Z');
const genuine = (name: string) => fileURLToPath(new URL(`../fixtures/snapshots/${name}`, import.meta.url));

/** One archive each, a day apart: what two of `prod` hold, and what managers of both formats do. */
const EXPORTS = [
  ['prod', '6.4.2', { inventory: { tenants: [{ name: 'default_tenant', deployments: 2, secrets: 2 }], users: 2 } }],
  [
    'prod',
    '6.4.2',
    { inventory: { tenants: [{ name: 'default_tenant', deployments: 1, secrets: 3 }, { name: 'extra' }] } },
  ],
  ['old', '5.1.0', { file: genuine('manager-5.1.0.zip') }],
  ['seven', '7.0.0', { file: genuine('manager-7.0.0-new-format.zip') }],
  ['dev', '7.0.5', { file: genuine('new-format-7.1.0.dev1-two-tenants.zip') }],
  ['devold', '7.0.5', { file: genuine('legacy-7.1.0.dev1-three-revisions.zip') }],
] as const;

beforeAll(async () => {
  dir = await mkdtemp(join(memoryDisk(), 'offsite-diff-'));
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  for (const [id, version, archive] of EXPORTS) {
    const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, version, archive };
    const manager = await startSimulatedManager(options);
    const access = `--manager-url ${manager.urls[0]} --username admin --password-file ${dir}/password`;
    const { code, err } = await offsite(`export --local --manager ${id} ${access} --to ${dir}/store`);
    expect([code, err]).toEqual([0, expect.anything()]);
    await manager.close();
    clock.advance(86_400);
  }
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

const offsite = async (line: string) => await commandLine(line.split(' '), { terminal: { clock } });
const diff = async (line: string) => await offsite(`diff ${line} --local --from ${dir}/store`);
const FIRST = 'prod/offsite-20261120T020000Z';
interface Row {
  readonly type: string;
  readonly tenant: string | null;
  readonly name: string;
}
const documentOf = async (line: string) => JSON.parse((await diff(`${line} --json`)).out);
const lines = (rows: readonly Row[]) => rows.map(({ type, tenant, name }) => `${type} ${tenant ?? '-'} ${name}`);

test('two archives of a manager: each line that came or went, and which numbers differ', async () => {
  const { code, out, err } = await diff(`${FIRST} prod/latest`);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('\n+ tenant extra\n+ user user_2\n');
  expect(out).toContain('\n+ secret secret_3 in default_tenant\n');
  expect(out.split('\n').filter((line) => line.startsWith('-'))).toEqual([
    '- deployment deployment_2 in default_tenant',
  ]);
  expect(out).toContain('\n# secrets: 2 before, 8 after\n');
  expect((await diff(`${FIRST} prod/latest --exit-code`)).code).toBe(1);
});

test('the other way round everything that came goes, and an archive is like itself', async () => {
  const [there, back] = [await documentOf(`${FIRST} prod/latest`), await documentOf(`prod/latest ${FIRST}`)];
  expect([back.came, back.went]).toEqual([there.went, there.came]);
  expect(await documentOf(`${FIRST} ${FIRST}`)).toMatchObject({ outcome: 'same', came: [], went: [], counts: {} });
  expect((await diff(`${FIRST} ${FIRST} --exit-code`)).code).toBe(0);
});

describe('archives that managers wrote', () => {
  test.each<[string, string[]]>([
    [
      'old',
      ['users - manager_status_reporter', 'blueprints default_tenant bp_mock', 'deployments default_tenant dep_mock'],
    ],
    [
      'seven',
      [
        'tenants - other',
        'user_groups - other',
        'sites shared sharedsite',
        'plugins shared test-plugin',
        'secrets shared agent_key',
      ],
    ],
    [
      'dev',
      [
        'tenants - staging',
        'users - alice',
        'secrets staging sec0',
        'blueprints staging bp1',
        'deployments staging dep0',
      ],
    ],
  ])('%s', async (manager, wanted) => {
    expect(lines((await documentOf(`${FIRST} ${manager}/latest`)).came)).toEqual(expect.arrayContaining(wanted));
  });

  test('one manager in both formats holds the same names', async () => {
    const found = await documentOf('dev/latest devold/latest');
    expect(found).toMatchObject({ outcome: 'same', before: { format: 'new' }, after: { format: 'legacy' } });
  });
});

test('--csv has a line for each item, and no value of a secret is in any output', async () => {
  const { out } = await diff(`${FIRST} seven/latest --csv`);
  expect(out).toMatch(/^change,type,tenant,id,name,version\r\n/);
  expect(out).toContain('came,secrets,shared,agent_key,agent_key,\r\n');
  const all = [out, (await diff(`${FIRST} seven/latest --json`)).out, (await diff(`${FIRST} dev/latest`)).out];
  expect(all.join('')).not.toMatch(/somekey|"something"|value-default_tenant|pbkdf2|rabbitmq/);
});

test('what cannot be compared is named', async () => {
  expect(await diff('latest prod/latest')).toMatchObject({ code: 2, err: expect.stringContaining('MANAGER/ARCHIVE') });
  expect(await diff(`${FIRST} nobody/latest`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('ArchiveNotFound'),
  });
});

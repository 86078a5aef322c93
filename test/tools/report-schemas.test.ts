import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Profile } from '../../tools/sample/profiles.ts';
import { ReportWorld } from '../report/world.ts';
import { problems } from '../support/published-schemas.ts';

const NOW = '2026-11-05T09:00:00.000Z';
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  ...{
    id,
    schedule: 'cron(0 2 * * ? *)',
    timeZone: 'Europe/Berlin',
    hour: 1,
    version: '7.0.5',
    growth: 1,
    bytes: 2 ** 20,
  },
  ...{ items: { tenants: 3, deployments: 40 }, failsOneOf: 1e9 },
  ...more,
});
const never = profile('never', { reconciled: null, failed: [[999, 0, 'ManagerUnavailable', 'It did not answer.']] });
const PROFILES = [
  profile('good', {
    tests: [
      [10, 'succeeded'],
      [5, 'failed'],
      [4, 'succeeded', 'recovery'],
      [3, 'partial'],
    ],
    flagged: [20],
  }),
  profile('late', {
    reconciled: [50, 'findings'],
    failed: [[4, 1, 'SnapshotFailed', 'The disk is full.']],
    missing: [[12, 10]],
  }),
  profile('torn', { damaged: [8], signedFor: 15, kept: [[9, 'before the upgrade']] }),
  never,
];

let many: ReportWorld;
beforeAll(async () => {
  many = await ReportWorld.make(PROFILES, NOW, 30);
});
afterAll(async () => await many.remove());

interface Fleet {
  readonly managers: readonly { readonly manager: string }[];
}
const fleetOf = async (world: ReportWorld, ...args: string[]) => {
  const fleet = await world.json(...args);
  expect([args, problems('report', fleet)]).toEqual([args, []]);
  return fleet as unknown as Fleet & Record<string, unknown>;
};
const managerOf = async (world: ReportWorld, manager: string, ...args: string[]) => {
  const one = await world.json('--manager', manager, ...args);
  expect([manager, args, problems('report-manager', one)]).toEqual([manager, args, []]);
  return one;
};

test('all managers, and each of them: good, failing, damaged, of none but failures', async () => {
  expect((await fleetOf(many)).managers).toHaveLength(PROFILES.length);
  for (const { id } of PROFILES) await managerOf(many, id);
  expect((await managerOf(many, 'good'))['restores']).toHaveLength(4);
  await fleetOf(many, '--since', '2026-11-04T00:00:00Z');
  await managerOf(many, 'late', '--since', '2026-10-01T00:00:00Z', '--until', '2026-10-02T00:00:00Z');
});

test('a manager that is only restored to', async () => {
  await managerOf(many, 'bench');
});

test('without a configuration, and with one that says all that it may of a manager', async () => {
  for (const [name, args] of [
    ['report', []],
    ['report-manager', ['--manager', 'torn']],
  ] as const) {
    const { out } = await many.offsite('report', '--json', ...args);
    expect(problems(name, JSON.parse(out))).toEqual([]);
  }
  const config = JSON.parse(await readFile(many.path('offsite.json'), 'utf8'));
  const [good, ...others] = config.managers;
  const more = {
    ...{ flexibleMinutes: 15, keepOnManager: 2, snapshotHours: 3, driftPercent: 30, retention: { held: 5 } },
    ...{ restoreFrom: ['late'], restoredCredentials: 'torn', archiveUrlHosts: ['files.example.com'] },
  };
  const full = {
    ...config,
    managers: [
      { ...good, ...more },
      { ...others[0], schedule: null },
      { ...others[1], schedule: 'rate(1 day)' },
    ],
    retention: { storage: { monthly: 'STANDARD', yearly: 'GLACIER_IR' } },
    storage: {
      objectLock: { mode: 'governance', days: 14 },
      replication: { bucket: 'copies', region: 'eu-west-1', kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' },
    },
    restores: { approval: true },
  };
  await writeFile(many.path('full.json'), JSON.stringify(full));
  for (const id of ['good', 'late', 'torn']) {
    const { out, err } = await many.offsite('report', '--json', '--config', many.path('full.json'), '--manager', id);
    expect(err).toBe('');
    expect([id, problems('report-manager', JSON.parse(out))]).toEqual([id, []]);
    if (id !== 'good') continue;
    const { rules } = JSON.parse(out);
    expect(Object.keys(rules)).toEqual(
      expect.arrayContaining(['lock', 'isReplicated', 'approvalHours', 'restoreFrom', 'archiveUrls', 'keepOnManager']),
    );
  }
});

test('an installation without records, and one with failures alone', async () => {
  for (const profiles of [[], [never]]) {
    const world = await ReportWorld.make(profiles, NOW, 9);
    const fleet = await fleetOf(world);
    expect([fleet.managers.length, fleet['worst']]).toEqual([1, null]);
    await managerOf(world, profiles[0]?.id ?? 'nobody');
    const bare = await world.offsite('report', '--json');
    expect(problems('report', JSON.parse(bare.out))).toEqual([]);
    await world.remove();
  }
});

test('what --keep prints, now and again, and the documents that it stores', async () => {
  for (const isRepeated of [false, true]) {
    const kept = await many.json('--keep');
    expect([problems('report-keep', kept), kept['isRepeated']]).toEqual([[], isRepeated]);
  }
  const folder = many.path('data', 'offsite', 'reports', '2026-11', 'report-20261105T090000Z');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  expect(names).toHaveLength(1 + PROFILES.length);
  for (const name of names) {
    const text = JSON.parse(await readFile(`${folder}/${name}`, 'utf8'));
    expect([name, problems(name === 'report.json' ? 'report' : 'report-manager', text)]).toEqual([name, []]);
  }
});

test('records that say nothing: of a run, of an archive, of restores, of a reconciliation, of the index', async () => {
  const world = await ReportWorld.make([profile('good', { tests: [[3, 'succeeded']] })], NOW, 9);
  for (const folder of ['runs', 'manifests', 'reconciliations', 'index']) {
    const own = await readdir(world.path('data', 'offsite', folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    const last = own.filter((one) => one.isFile() && one.name.endsWith('.json')).at(-1);
    if (last) await writeFile(`${last.parentPath}/${last.name}`, '{}');
  }
  for (const onto of ['good', 'stranger'])
    await world.put(`restores/${onto}/20261104T020000Z-1a2b3c4d.json`, '{"a": 1}');
  expect((await fleetOf(world))['otherFindings']).toHaveLength(1);
  const { findings, reconciliation } = await managerOf(world, 'good');
  expect([(findings as object[]).length > 2, reconciliation]).toMatchObject([true, { outcome: 'unreadable' }]);
  await world.remove();
});

test('a field that no schema knows, or of another kind, is refused', async () => {
  const fleet = await fleetOf(many);
  expect(problems('report', { ...fleet, colour: 'red' }).join('; ')).toMatch(/additional properties/);
  expect(problems('report', { ...fleet, state: 'fine' }).join('; ')).toMatch(/allowed values/);
  const one = await managerOf(many, 'good');
  expect(problems('report-manager', { ...one, runs: [{}] }).join('; ')).toMatch(/required property 'snapshot'/);
  expect(problems('report', one)).not.toEqual([]);
});

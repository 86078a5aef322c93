import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Manifest, type MarkRecord, type RunRecord } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { gauge } from '../support/gauge.ts';
import type { ScheduleSaid } from '../support/scheduler-double.ts';

let world: DeployedWorld;
let dir: string;
const [FIRST, SECOND, THIRD] = ['20', '21', '22'].map((day) => `offsite-202611${day}T020000Z`) as [
  string,
  string,
  string,
];
/** The wall clock that the command line is told, some hours after the last export. */
let now: Date;

beforeAll(async () => {
  world = await DeployedWorld.start();
  dir = await mkdtemp(join(tmpdir(), 'offsite-archives-'));
  for (const day of ['20', '21', '22']) {
    const { code } = await world.offsite(`export --manager m1 --scheduled-time 2026-11-${day}T02:00:00Z --wait`);
    expect(code).toBe(0);
    world.clock.advance(3600);
  }
  expect((await world.offsite('restore --manager m2 --source-manager m1 --drill --wait')).code).toBe(0);
  world.clock.advance(2 * 3600);
  now = world.clock.now();
});
afterAll(async () => {
  await world.stop();
  await rm(dir, { recursive: true, force: true });
});

const offsite = (line: string) => world.offsite(line, { now });
const json = async (line: string) => JSON.parse((await offsite(`${line} --json`)).out);
const foreign = (url = world.s3.url) => `--local --bucket offsite --s3-endpoint ${url}`;
const textOf = async (key: string) => await readFile(join(world.dir, 'offsite', key), 'utf8');
const manifestOf = async (snapshot: string) =>
  Manifest.parse(JSON.parse(await textOf(keysOf('m1', snapshot).manifest)));

/** A configuration in a file: m1 every night, and a manager for drills that is never exported. */
async function config(more: Record<string, unknown> = {}): Promise<string> {
  const file = join(dir, `${Math.random()}.json`);
  const managers = [
    { id: 'm1', schedule: 'cron(0 4 * * ? *)', timeZone: 'Europe/Berlin', ...more },
    { id: 'lab', schedule: null, drillTarget: true },
  ];
  await writeFile(file, JSON.stringify({ managers }));
  return `--config ${file}`;
}

test.each(['', 'local'])('list %s: every archive, the newest last', async (way) => {
  const { code, out, err } = await offsite(`list ${way && foreign()}`.trim());
  expect([code, err]).toEqual([0, '']);
  expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['MANAGER', 'ARCHIVE'],
    ['m1', FIRST],
    ['m1', SECOND],
    ['m1', THIRD],
    [''],
  ]);
  expect(out).toMatch(/ 195\.3 KiB {2}legacy 6\.4\.2\n/);
});

test('list --json, --last, --manager: one document', async () => {
  const { place, archives, unreadable } = await json('list --manager m1 --last 2');
  expect([place, archives.map((one: { snapshot: string }) => one.snapshot), unreadable]).toEqual([
    's3://offsite',
    [SECOND, THIRD],
    [],
  ]);
  const { archive, times } = await manifestOf(THIRD);
  expect(archives[1]).toEqual({
    ...{ manager: 'm1', snapshot: THIRD, key: archive.key, versionId: archive.versionId, size: 200_000 },
    ...{ format: 'legacy', snapshotVersion: '6.4.2', takenAt: times.snapshotReady, verifiedAt: expect.any(String) },
    ...{
      stored: true,
      missing: null,
      storageClass: 'STANDARD',
      damaged: false,
      flagged: false,
      kept: false,
      keptUntil: null,
    },
    signed: 'trusted',
  });
});

test('show: by id, by manager and id, the latest; the tag that decides how long it stays', async () => {
  for (const which of [`m1/${THIRD}`, `${THIRD} --manager m1`, 'latest --manager m1', '--manager m1', 'latest']) {
    const { code, out } = await offsite(`show ${which}`);
    expect([code, out], which).toEqual([0, expect.stringMatching(/^Archive {3}s3:\/\/offsite\/archives\/m1\//)]);
    expect(out).toContain(`${THIRD}.zip\n`);
    expect(out).toMatch(/\nHolds {5}2 tenants, 3 users, 8 blueprints, 12 deployments/);
    expect(out).toMatch(/\nExpires {3}not as long as it is one of the newest \(expire=held\)\n/);
  }
  const document = await json(`show m1/${FIRST}`);
  expect(document).toMatchObject({ place: 's3://offsite', expire: 'held', mark: null, keep: null, accept: null });
  expect(document.manifest).toEqual(await manifestOf(FIRST));
  expect((await json(`show m1/${FIRST} ${foreign()}`)).manifest).toEqual(document.manifest);
});

test('show without a name: of the only manager; of several it lists their names', async () => {
  const dir2 = `--local --from ${await mkdtemp(join(dir, 'only-'))}`;
  expect(await offsite(`show ${dir2}`)).toMatchObject({ code: 2, out: '' });
  for (const manager of ['m7', 'm8']) {
    const exported = await offsite(`export --local --manager ${manager} --size 100KiB --to ${dir2.split(' ')[2]}`);
    expect(exported.code, exported.err).toBe(0);
    for (const which of ['', 'latest', THIRD]) {
      const { code, out, err } = await offsite(`show ${which && `${which} `}${dir2}`);
      if (which === THIRD && manager === 'm7') expect([code, err]).toEqual([1, expect.stringContaining('m7')]);
      else if (manager === 'm7') expect([code, out]).toEqual([0, expect.stringContaining('archives/m7/')]);
      else expect([code, err]).toEqual([2, expect.stringContaining('there are archives of m7, m8. Add --manager')]);
    }
  }
});

test('show: whoever may not see tags is shown the rest', async () => {
  world.s3.faults.add({ operation: 'GetObjectTagging', kind: 'accessDenied' });
  const { code, out } = await offsite(`show m1/${THIRD}`);
  expect([code, out]).toEqual([0, expect.stringMatching(/Expires {3}not known: .*s3:GetObjectVersionTagging/)]);
});

test('status without a configuration: age, size, last run, last drill and its RTO; when the next run is nobody can tell', async () => {
  const { code, out } = await offsite(`status ${foreign()}`);
  expect(code).toBe(0);
  const [heads = '', line = '', ...rest] = out.split('\n');
  expect(heads.split(/ {2,}/)).toEqual([
    ...['MANAGER', 'LAST ARCHIVE', 'SIZE', 'LAST RUN', 'NEXT RUN', 'LAST DRILL', 'LOOK AT'],
  ]);
  expect(line).toMatch(
    /^m1 {7}3 h 0\d min old +195\.3 KiB +succeeded 3 h 0\d min ago +unknown +2 h 0\d min ago, RTO 1 min \d\d s$/,
  );
  expect(rest).toEqual(['']);
});

test('status with a configuration: the next run in its time zone, managers that have no archive yet', async () => {
  const document = await json(`status ${await config()}`);
  expect(document.managers.map((one: { manager: string }) => one.manager)).toEqual(['lab', 'm1']);
  const [lab, m1] = document.managers;
  expect(lab).toMatchObject({ archive: null, stale: null, nextRun: 'none', marks: [], needsAttention: false });
  expect(m1).toMatchObject({
    ...{ stale: false, marks: [], needsAttention: false, archive: { snapshot: THIRD, size: 200_000 } },
    lastRun: { state: 'succeeded', snapshot: THIRD, error: null },
    lastDrill: { onto: 'm2', state: 'succeeded', snapshot: THIRD, rtoSeconds: expect.any(Number) },
  });
  const next = new Date(m1.nextRun);
  expect(next.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('04:00:00');
  expect(next.getTime() - now.getTime()).toBeGreaterThan(0);
  expect(next.getTime() - now.getTime()).toBeLessThanOrEqual(25 * 3600_000);
  const rate = await json(`status --manager m1 ${await config({ schedule: 'rate(12 hours)' })}`);
  expect(rate.managers[0].nextRun).toBe('unknown');
});

/** What the scheduler has, and what status then says of m1. */
async function scheduled(schedules: Record<string, ScheduleSaid>, line = 'status --manager m1') {
  world.scheduler.schedules = schedules;
  try {
    const { code, out, err } = await offsite(line);
    const [m1] = (await json(line)).managers;
    return { code, heads: out.split('\n')[0], err, m1 };
  } finally {
    world.scheduler.schedules = undefined;
  }
}

test('status in AWS: the next run is that of the deployed schedule, with and without a file', async () => {
  const deployed = { 'offsite/m1-export': { expression: 'cron(30 5 * * ? *)', timeZone: 'Europe/Berlin' } };
  const { code, heads, err, m1 } = await scheduled(deployed);
  expect([code, err]).toEqual([0, '']);
  expect(heads).toMatch(/ NEXT RUN {2,}/);
  expect(new Date(m1.nextRun).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('05:30:00');
  expect(m1).toMatchObject({ nextRunBy: 'schedule', marks: [], schedule: { isEnabled: true } });
});

test('status in AWS: who may not ask the scheduler gets the word of the file, and reads so', async () => {
  const { out, err } = await offsite(`status ${await config()}`);
  expect(out.split('\n')[0]).toContain('NEXT RUN BY FILE');
  expect(err).toMatch(/NEXT RUN is by the file: AWS denies scheduler:GetSchedule/);
});

test.each<[string, Record<string, ScheduleSaid>, string, number]>([
  ['is not deployed', {}, 'its schedule is not deployed (the file says cron(0 4 * * ? *) Europe/Berlin)', 1],
  [
    'is disabled',
    { 'offsite/m1-export': { expression: 'cron(0 4 * * ? *)', timeZone: 'Europe/Berlin', state: 'DISABLED' } },
    'its schedule is disabled',
    1,
  ],
  [
    'is another one than in the file',
    { 'offsite/m1-export': { expression: 'cron(0 3 * * ? *)' } },
    'its schedule is cron(0 3 * * ? *) UTC, and the file says cron(0 4 * * ? *) Europe/Berlin: not deployed yet',
    0,
  ],
])('status in AWS: a schedule that %s is named', async (_, schedules, mark, exit) => {
  const { code, m1 } = await scheduled(schedules, `status --manager m1 ${await config()}`);
  expect([code, m1.marks]).toEqual([exit, [mark]]);
});

test('status in AWS: a manager that the file leaves to hands, and that is scheduled all the same', async () => {
  const line = `status --manager m1 ${await config({ schedule: null })}`;
  const { m1 } = await scheduled({ 'offsite/m1-export': { expression: 'cron(0 3 * * ? *)' } }, line);
  expect(m1.marks).toEqual(['is scheduled (cron(0 3 * * ? *) UTC), and the file says: by hand only']);
});

test('status: an archive older than the alarm allows is stale, and the exit code 1', async () => {
  const line = `status --manager m1 ${await config({ alarmAfterHours: 2 })}`;
  const { code, out } = await offsite(line);
  expect([code, out]).toEqual([1, expect.stringMatching(/ stale: older than 2 h\n$/)]);
  expect((await json(line)).managers[0]).toMatchObject({ stale: true, needsAttention: true });
});

test('status: a failed run, a dead one, a manager without an archive', async () => {
  const fault = world.managers.m1.faults.inject('createFails', { error: 'No space left on device' });
  await world.offsite('export --manager m1 --scheduled-time 2026-11-23T02:00:00Z --wait');
  fault.clear();
  const failed = await json('status --manager m1');
  expect(failed.managers[0]).toMatchObject({
    lastRun: { state: 'failed', error: 'SnapshotFailed', message: expect.stringContaining('No space left') },
    ...{ marks: ['last run failed: SnapshotFailed'], needsAttention: false, archive: { snapshot: THIRD } },
  });
  const record: RunRecord = {
    ...{ schema: 'cloudify-offsite/run/1', manager: 'dead', snapshot: THIRD, execution: 'arn:x' },
    ...{ claimedAt: '2020-01-01T00:00:00Z', state: 'running' },
  };
  await world.put(keysOf('dead', THIRD).run, record);
  const { code, out } = await offsite('status --manager dead');
  expect([code, out]).toEqual([1, expect.stringMatching(/no archive; last run died and was never closed\n$/)]);
  await world.client.send(new DeleteObjectCommand({ Bucket: 'offsite', Key: keysOf('dead', THIRD).run }));
});

test('a damaged archive and one that has vanished: said in list, show and status', async () => {
  const { archive } = await manifestOf(THIRD);
  const mark: MarkRecord = {
    ...{ schema: 'cloudify-offsite/mark/1', manager: 'm1', snapshot: THIRD, versionId: archive.versionId },
    ...{
      result: 'damaged',
      error: 'MemberCorrupt',
      message: 'x',
      checkedAt: '2026-11-25T00:00:00Z',
      execution: 'arn:x',
    },
  };
  await world.put(keysOf('m1', THIRD).mark, mark);
  const vanished = await manifestOf(SECOND);
  const { key: Key, versionId: VersionId } = vanished.archive;
  await world.client.send(new DeleteObjectCommand({ Bucket: 'offsite', Key, VersionId: VersionId ?? undefined }));
  const { code, out } = await offsite('list');
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`${SECOND} .*MISSING from the bucket\n.*${THIRD} .*DAMAGED \\(MemberCorrupt\\)\n`));
  expect((await offsite('status --manager m1')).code, 'the newest is not to be had').toBe(1);
  const [m1] = (await json('status --manager m1')).managers;
  expect([m1.archive.snapshot, m1.needsAttention]).toEqual([FIRST, true]);
  expect(m1.marks).toEqual(expect.arrayContaining([`damaged: ${THIRD}`, `missing from the bucket: ${SECOND}`]));
  const gone = await offsite(`show m1/${SECOND}`);
  expect([gone.code, gone.out]).toEqual([1, expect.stringMatching(/\nState {5}MISSING from the bucket\n/)]);
  const instead = `The next valid archive is ${FIRST}, finished \\S+, \\d h old: run the same restore with --archive ${FIRST} `;
  expect(gone.err).toMatch(
    new RegExp(
      `^offsite: ArchiveGone: The archive ${SECOND} of manager m1 cannot be restored: bucket offsite has no .*${instead}`,
    ),
  );
  const damaged = await offsite(`show m1/${THIRD}`);
  expect([damaged.code, damaged.out]).toEqual([0, expect.stringMatching(/State {5}DAMAGED \(MemberCorrupt\)/)]);
  const latest = await offsite('show --manager m1');
  expect([latest.code, latest.out]).toEqual([1, damaged.out]);
  expect(latest.err).toMatch(new RegExp(`^offsite: ArchiveDamaged: .*Nor can ${SECOND}\\. ${instead}`));
  const { archives } = await json('list --manager m1');
  const states = archives.map(({ missing, damaged: is }: { missing: string; damaged: boolean }) => [missing, is]);
  expect(states).toEqual([
    [null, false],
    ['gone', false],
    [null, true],
  ]);
  expect((await json(`show m1/${SECOND}`)).missing).toBe('gone');
});

test('a manifest that cannot be read: the others are listed, it is told of', async () => {
  await world.put('manifests/m1/2026/11/offsite-20261110T020000Z.json', { schema: 'something else' });
  const { code, out, err } = await offsite('list');
  expect([code, out.trim().split('\n').length]).toEqual([0, 4]);
  expect(err).toMatch(
    /^offsite: \S+offsite-20261110T020000Z\.json is not a record that this version knows.*it is not known whether/,
  );
  expect((await json('list')).unreadable).toMatchObject([{ snapshot: 'offsite-20261110T020000Z' }]);
});

test('an empty bucket, a folder without archives', async () => {
  const fresh = await DeployedWorld.start();
  expect(await fresh.offsite('list')).toMatchObject({
    code: 0,
    out: 'There are no archives in s3://offsite.\n',
    err: '',
  });
  expect(JSON.parse((await fresh.offsite('list --json')).out)).toMatchObject({ archives: [], unreadable: [] });
  const none = await fresh.offsite(`status ${foreign(fresh.s3.url)}`);
  expect(none).toMatchObject({ code: 0, out: expect.stringMatching(/^There are no managers in s3:\/\/offsite/) });
  const { code, err } = await fresh.offsite('show m1/latest');
  expect([code, err]).toEqual([1, expect.stringMatching(/ArchiveNotFound: Manager m1 has no verified archive/)]);
  await fresh.stop();
  world.enter();
  expect(await offsite(`list --local --from ${dir}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/holds no archives/),
  });
});

test('a folder: its archives', async () => {
  const copy = join(dir, 'copy');
  await cp(world.dir, copy, { recursive: true });
  const { code, out } = await offsite(`list --local --from ${copy} --last 1`);
  expect([code, out]).toEqual([0, expect.stringContaining(THIRD)]);
});

test('denied by the bucket: one sentence, exit 1', async () => {
  world.s3.faults.add({ operation: 'ListObjectsV2', kind: 'accessDenied', times: Number.POSITIVE_INFINITY });
  const { code, out, err } = await offsite('list');
  world.s3.faults.clear();
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(
    /^offsite: StorageRefused: Bucket offsite could not list (manifests|runs)\/: AccessDenied \(HTTP 403: Access Denied\)/,
  );
});

test.each<[string, string, RegExp]>([
  ['a folder without --local', 'list --from x', /--from goes with --local/],
  ['an installation with --local', 'status --local --installation x', /--installation is for what is deployed/],
  ['a manager in capitals', 'list --manager M1', /M1: is not the name of a manager/],
  ['an archive of two managers', 'show m1/latest --manager m2', /is an archive of manager m1, and --manager says m2/],
  ['an id that is none', 'show m1/../x', /is not the id of an archive/],
  ['--last 0', 'list --last 0', /--last 0: must be a whole number/],
  ['a configuration that is not there', 'status --config nowhere.json', /nowhere\.json cannot be read \(ENOENT\)/],
])('%s: one line, exit 2, nobody is asked', async (_, line, says) => {
  const asked = world.sfn.calls.length;
  const { code, out, err } = await offsite(line);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^offsite: [^\n]+\n$/);
  expect(err).toMatch(says);
  expect(world.sfn.calls.length).toBe(asked);
});

test('200 managers, and one with 200 archives: a bounded number of requests, and of them at once', async () => {
  // Another key and another content: what signed it does not count any more.
  const { signature: _, ...template } = (await manifestOf(FIRST)) as Manifest & { signature?: unknown };
  const put = async (manager: string, snapshot: string) => {
    const keys = keysOf(manager, snapshot);
    const { VersionId = '' } = await world.client.send(
      new PutObjectCommand({ Bucket: 'offsite', Key: keys.archive, Body: 'x' }),
    );
    await world.put(keys.manifest, {
      ...template,
      manager: { ...template.manager, id: manager },
      snapshot: { ...template.snapshot, id: snapshot },
      archive: { ...template.archive, key: keys.archive, versionId: VersionId, size: 1 },
    });
  };
  const two = (n: number) => String(n).padStart(2, '0');
  const nights = Array.from(
    { length: 200 },
    (_, n) => `offsite-202601${two((n % 28) + 1)}T${two(n % 24)}${two(n % 60)}00Z`,
  );
  for (let n = 0; n < 200; n += 20) {
    const some = Array.from({ length: 20 }, (_, i) => n + i);
    await Promise.all(some.flatMap((i) => [put(`mass-${i}`, FIRST), put('old', nights[i] ?? '')]));
  }
  const counted = await gauge(world.s3.url);
  vi.stubEnv('AWS_ENDPOINT_URL_S3', counted.url);
  const { archives } = await json('list');
  const forList = counted.seen.total;
  const { managers } = await json('status');
  const forStatus = counted.seen.total - forList;
  vi.stubEnv('AWS_ENDPOINT_URL_S3', world.s3.url);
  await counted.close();
  const listed = (name: RegExp) => archives.filter(({ manager }: { manager: string }) => name.test(manager)).length;
  expect([listed(/^mass-/), listed(/^old$/)]).toEqual([200, new Set(nights).size]);
  expect(managers.filter(({ archive }: { archive: unknown }) => archive)).toHaveLength(202);
  // 40 by our own bounds (2 x 20, 8 x 5), and not the 50 sockets that the SDK would take.
  expect(counted.seen.most).toBeLessThanOrEqual(45);
  // Five lists a manager, and each manifest.
  expect(forList).toBeLessThan(202 * 5 + 400 + 20);
  // Six lists a manager, the newest manifests and runs alone, and how the newest archive was replicated.
  expect(forStatus).toBeLessThan(202 * 8 + 60);
}, 120_000);

import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { memoryDisk } from '../support/run-folder.ts';

let dir: string;
const clock = new VirtualClock('2026-11-20T02:00:00.000Z');
const EXPORTS = [
  ['old', '5.1.0', 'manager-5.1.0.zip'],
  ['dev', '7.0.5', 'new-format-7.1.0.dev1-two-tenants.zip'],
  ['seven', '7.0.0', 'manager-7.0.0-new-format.zip'],
] as const;

beforeAll(async () => {
  dir = await mkdtemp(join(memoryDisk(), 'offsite-extract-'));
  await writeFile(join(dir, 'password'), 'secret');
  for (const [id, version, name] of EXPORTS) {
    const file = fileURLToPath(new URL(`../fixtures/snapshots/${name}`, import.meta.url));
    const options = { password: 'secret', createSeconds: 0, now: clock.now, version, archive: { file } };
    const manager = await startSimulatedManager(options);
    const access = `--manager-url ${manager.urls[0]} --username admin --password-file ${dir}/password`;
    expect((await offsite(`export --local --manager ${id} ${access} --to ${dir}/store`)).code).toBe(0);
    await manager.close();
  }
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

const offsite = async (line: string) => await commandLine(line.split(' '), { terminal: { clock } });
const inStore = (line: string, store = 'store') => offsite(`${line} --local --from ${dir}/${store}`);
const filesOf = ({ out }: { out: string }) =>
  JSON.parse(out)
    .files.map(({ name }: { name: string }) => name)
    .sort();
let made = 0;
const extract = async (line: string) => await inStore(`extract ${line} --to ${dir}/x${++made} --json`);

test('--certificates: everything below ssl/', async () => {
  const names = filesOf(await extract('old/latest --certificates'));
  expect(names).toContain('ssl/cloudify_internal_ca_key.pem');
  expect(names.every((name: string) => name.startsWith('ssl/'))).toBe(true);
  expect(await readFile(join(dir, `x${made}`, 'ssl/cloudify_internal_ca_cert.pem'), 'utf8')).toContain(
    'BEGIN CERTIFICATE',
  );
});

test('--security-conf: rest-security.conf alone', async () => {
  expect(filesOf(await extract('old/latest --security-conf'))).toEqual(['rest-security.conf']);
  const text = await readFile(join(dir, `x${made}`, 'rest-security.conf'), 'utf8');
  expect(Object.keys(JSON.parse(text))).toEqual(expect.arrayContaining(['encryption_key', 'hash_salt']));
});

test.each<[string, string, string[]]>([
  [
    'old',
    'bp_mock',
    ['blueprints/default_tenant/bp_mock/bp_mock.yaml', 'uploaded-blueprints/default_tenant/bp_mock/bp_mock.zip'],
  ],
  ['dev', 'bp0', ['tenants/default_tenant/blueprints/bp0.tar.gz', 'tenants/staging/blueprints/bp0.tar.gz']],
  ['seven', 'shared_provider', ['tenants/shared/blueprints_archives/shared_provider.tar.gz']],
])('--blueprint of %s: %s in every tenant, and no other', async (manager, id, wanted) => {
  expect(filesOf(await extract(`${manager}/latest --blueprint ${id}`))).toEqual(wanted);
});

test('two of them at once; a format without certificates says so', async () => {
  const names = filesOf(await extract('old/latest --security-conf --certificates'));
  expect(names).toEqual(expect.arrayContaining(['rest-security.conf', 'ssl/rabbitmq-key.pem']));
  expect(await extract('dev/latest --certificates')).toMatchObject({
    code: 2,
    out: expect.stringContaining('has no such file'),
  });
});

test('each leaves a signed record, which show lists, and no finding', async () => {
  await cp(join(dir, 'store'), join(dir, 'noted'), { recursive: true });
  const taken = JSON.parse((await inStore(`extract old/latest --security-conf --to ${dir}/n1 --json`, 'noted')).out);
  expect(taken.record).toMatch(/^extractions\/old\/offsite-\S+\/\d{8}T\d{6}Z-[0-9a-f]{8}\.json$/);
  expect((await inStore(`download old/latest --to ${dir}/n2.zip`, 'noted')).code).toBe(0);
  const record = JSON.parse(await readFile(join(dir, 'noted/offsite', taken.record), 'utf8'));
  expect(record).toMatchObject({ what: 'extract', names: ['rest-security.conf'], by: expect.stringContaining('@') });
  expect(JSON.stringify(record)).not.toContain(dir);
  const { extractions } = JSON.parse((await inStore('show old/latest --json', 'noted')).out);
  const kinds = extractions.map(({ what }: { what: string }) => what);
  expect([kinds.includes('download'), kinds.includes('extract')]).toEqual([true, true]);
  expect(extractions.at(-1).standing).toMatchObject({ state: 'signed' });
  const { out } = await inStore('show old/latest', 'noted');
  expect(out).toMatch(/^Copied to \S+@\S+, 2026-11-20 02:00 UTC: 1 file of it, \d/m);
  expect(out).toMatch(/^Copied to \S+@\S+, 2026-11-20 02:00 UTC: the whole archive, \d/m);
  const reconciled = await inStore('reconcile --manager old --json', 'noted');
  expect(
    JSON.parse(reconciled.out).findings.filter(({ about }: { about: string }) => about.startsWith('extractions')),
  ).toEqual([]);
});

test('a store that is only read: the files are there, and that no record was left is said', async () => {
  await cp(join(dir, 'store'), join(dir, 'busy'), { recursive: true });
  const holder = JSON.stringify({ place: 'another machine', pid: 1, began: '-' });
  await writeFile(join(dir, 'busy', '.offsite-s3', 'lock-000100'), holder);
  const said = await inStore(`extract old/latest --security-conf --to ${dir}/n3 --json`, 'busy');
  expect([said.code, JSON.parse(said.out).record]).toEqual([0, null]);
  expect(said.err).toMatch(/^offsite: no record of this was left in .*\/busy\/offsite: .*in use/m);
  expect(await readdir(join(dir, 'n3'))).toEqual(['rest-security.conf']);
});

test('what a killed extraction has left is swept, and one that is at work is not', async () => {
  const to = join(dir, 'swept');
  await mkdir(to);
  const [old, fresh] = ['.offsite-extract-1.part', '.offsite-extract-2.part'];
  for (const name of [old, fresh]) await writeFile(join(to, name), 'half');
  const before = (seconds: number) => new Date(clock.now().getTime() - seconds * 1000);
  await utimes(join(to, old), before(7200), before(7200));
  await utimes(join(to, fresh), before(60), before(60));
  expect((await inStore(`extract old/latest --security-conf --to ${to}`)).code).toBe(0);
  expect((await readdir(to)).sort()).toEqual([fresh, 'rest-security.conf']);
});

test('so is what a killed doctor has left', async () => {
  const left = join(dir, 'store', '.offsite-doctor-AbCdEf');
  await mkdir(left);
  await utimes(left, 0, 0);
  const nowhere = `--manager-url http://127.0.0.1:9 --username admin --password-file ${dir}/password`;
  await offsite(`doctor --local --manager old ${nowhere} --to ${dir}/store`);
  expect(await readdir(join(dir, 'store'))).not.toContain('.offsite-doctor-AbCdEf');
});

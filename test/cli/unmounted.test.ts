import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandLine } from '../support/command-line.ts';
import { TargetServers } from '../support/target-servers.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-unmounted-'));
  await mkdir(join(dir, 'state'));
});
afterEach(async () => await rm(dir, { recursive: true, force: true }));

const offsite = async (line: string) =>
  await commandLine(line.split(' '), {
    terminal: { signing: { stateFolder: join(dir, 'state') }, env: { PASSWORD: 'x' } },
  });
const remembered = async () => JSON.parse(await readFile(join(dir, 'state', 'known-mounts.json'), 'utf8'));

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!canMount)
  process.stderr.write('NOT CHECKED: this user may mount nothing, so no disk was mounted and unmounted.\n');

test.skipIf(!canMount)(
  'a disk that was there and is not: nothing is written to its mount point, until it is back',
  () => {
    const disk = join(dir, 'disk');
    const words = (...args: string[]) => [process.execPath, 'bin/offsite.ts', ...args].join(' ');
    const run = words('export', '--local', '--size', '200KiB', '--to', disk);
    const script = `
    mkdir ${disk}; mount -t tmpfs none ${disk}
    ${run}; echo "first $?"
    umount ${disk}
    ${run}; echo "without $?"
    ${words('list', '--local', '--from', disk)}; echo "list $?"
    ls -A ${disk}; echo "empty $?"
    mount -t tmpfs none ${disk}
    ${run}; echo "again $?"`;
    const env = { ...process.env, HOME: join(dir, 'home'), XDG_STATE_HOME: '', XDG_CONFIG_HOME: '' };
    const out = execFileSync('unshare', ['-rm', 'sh', '-c', `exec 2>&1; ${script}`], { encoding: 'utf8', env });
    expect(out.match(/^(first|without|list|again) \d+$/gm)).toEqual(['first 0', 'without 1', 'list 1', 'again 0']);
    const refused = `offsite: StorageUnavailable: --to ${disk}: the archives are on a file system that was mounted at ${disk}, and nothing is mounted there now.`;
    expect(out).toContain(refused);
    expect(out).toMatch(/^list 1\nempty 0$/m);
  },
);

test('the line of a folder whose disk was given up is removed, and the folder is used again', async () => {
  const store = join(dir, 'store');
  const known = join(dir, 'state', 'known-mounts.json');
  await writeFile(known, JSON.stringify({ [store]: dir, '/else': '/else' }));
  for (const line of [`export --local --size 200KiB --to ${store}`, `status --local --from ${store}`]) {
    const { code, err } = await offsite(line);
    expect([code, err]).toEqual([1, expect.stringContaining(`remove the line of ${store} from ${known}`)]);
  }
  const checked = await offsite(
    `doctor --local --manager m1 --manager-url http://127.0.0.1:9 --username u --password-file ${known} --to ${store}`,
  );
  expect(checked.out).toMatch(/^failed {7}folder: StorageUnavailable: .* nothing is mounted there now/m);
  expect(await readdir(dir)).toEqual(['state']);
  // A folder that has moved to another disk is no disk that is away: `/proc` is mounted.
  await writeFile(known, JSON.stringify({ [store]: '/proc', '/else': '/else' }));
  expect((await offsite(`export --local --size 200KiB --to ${store}`)).code).toBe(0);
  expect(await remembered()).not.toHaveProperty([store], '/proc');
  expect(await remembered()).toHaveProperty(['/else'], '/else');
});

test('local.mustExist: an export into a folder without archives is refused and notified, and writes nothing', async () => {
  const servers = await TargetServers.start();
  await writeFile(join(dir, 'url'), servers.url());
  const targets = servers.targets().filter(({ type }) => type === 'webhook');
  const config = {
    version: 2,
    managers: [{ id: 'm1', local: { urls: ['http://127.0.0.1:9'], username: 'admin', passwordEnv: 'PASSWORD' } }],
    local: { folder: 'disk', mustExist: true },
    notifications: { allowedHosts: [servers.host], targets: targets.map((one) => ({ ...one, urlFile: 'url' })) },
  };
  await writeFile(join(dir, 'offsite.json'), JSON.stringify(config));
  await mkdir(join(dir, 'disk'));
  const at = `--config ${join(dir, 'offsite.json')}`;
  const { code, err } = await offsite(`retention expire --local --yes ${at}`);
  await servers.close();
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      /StorageUnavailable: local\.folder of .* \(disk\): there is no .*disk\/offsite, and local\.mustExist/,
    ),
  ]);
  expect(servers.hits.length).toBeGreaterThan(0);
  expect(await readdir(join(dir, 'disk'))).toEqual([]);
  // Its manager does not answer: that would be recorded in the folder.
  const own = `export --local --manager m1 ${at}`;
  expect([(await offsite(own)).err, await readdir(join(dir, 'disk'))]).toEqual([
    expect.stringMatching(/^offsite: StorageUnavailable: .* local\.mustExist/m),
    [],
  ]);
  await mkdir(join(dir, 'disk', 'offsite'));
  expect((await offsite(own)).err).toContain('ManagerUnavailable');
  expect(await readdir(join(dir, 'disk', 'offsite'))).toContain('runs');
});

test('local.mustExist needs a folder', async () => {
  await writeFile(join(dir, 'offsite.json'), JSON.stringify({ managers: [{ id: 'm1' }], local: { mustExist: true } }));
  const { code, err } = await offsite(`status --local --config ${join(dir, 'offsite.json')}`);
  expect([code, err]).toEqual([2, expect.stringContaining('local.mustExist: needs folder as well')]);
});

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommandOption, flagOf } from '../../lib/cli/command.ts';
import { commands } from '../../lib/cli/commands.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { files, problems } from '../support/published-schemas.ts';
import { TargetServers } from '../support/target-servers.ts';

const root = new URL('../..', import.meta.url).pathname;
test('schemas/ is what tools/write-schemas.ts makes of the schemas as they are now', async () => {
  const names = await readdir(join(root, 'schemas'));
  const texts = names.map(async (name) => [name, await readFile(join(root, 'schemas', name), 'utf8')] as const);
  expect(Object.fromEntries(await Promise.all(texts))).toEqual(Object.fromEntries(files));
});

test('the package has them', async () => {
  expect(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).files).toContain('schemas');
});

test('each command with --json has a schema of its name', () => {
  const printing = commands.filter(({ options }) =>
    (options as readonly CommandOption[]).some((one) => flagOf(one) === '--json'),
  );
  expect(printing.length).toBeGreaterThan(20);
  const names = [...files.keys()].map((file) => file.replace(/\.json$/, ''));
  const without = printing.filter(({ name }) => !names.some((one) => one === name || one.startsWith(`${name}-`)));
  expect(without.map(({ name }) => name)).toEqual([]);
});

const json = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8'));
const blocks = async (page: string) =>
  [...(await readFile(join(root, page), 'utf8')).matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) =>
    JSON.parse(text),
  );

test('configurations: the example, those of the documents, and one that names its schema', async () => {
  const [ofLocal] = await blocks('docs/reference/local.md');
  const [ofStack] = await blocks('docs/reference/configuration.md');
  for (const config of [
    await json('offsite.example.json'),
    ofLocal,
    ofStack,
    { $schema: './configuration.json', ...ofStack },
  ])
    expect(problems('configuration', config)).toEqual([]);
});

test.each<[object, RegExp]>([
  [{ managers: [{ id: 'prod', colour: 'red' }] }, /additional properties/],
  [{ managers: [] }, /fewer than 1 items/],
  [{ managers: [{ id: 'Prod' }] }, /must match pattern/],
  [{}, /must have required property 'managers'/],
  [{ managers: [{ id: 'prod', local: { urls: ['https://m'], passwordCommand: 'pass' } }] }, /must be array/],
])('a wrong configuration, %j: the schema refuses it as well', (config, message) => {
  expect(problems('configuration', config).join('; ')).toMatch(message);
});

test('every manifest and restore report that a fixture has, of older versions too', async () => {
  const bucket = join('test', 'fixtures', 'buckets', '0.1.0', 'offsite');
  const found = await readdir(join(root, bucket), { recursive: true });
  for (const [folder, name] of [
    ['manifests/', 'manifest'],
    ['restores/', 'evidence'],
  ] as const) {
    const all = found.filter((file) => file.startsWith(folder) && file.endsWith('.json'));
    expect(all.length, folder).toBeGreaterThan(0);
    for (const file of all) expect(problems(name, await json(join(bucket, file))), file).toEqual([]);
  }
});

let dir: string;
let managers: SimulatedManager[];
const clock = new VirtualClock(new Date().toISOString());
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-schemas-'));
  const options = { password: 'canary-Passw0rd', createSeconds: 0, now: clock.now, archive: { sizeBytes: 200_000 } };
  managers = [await startSimulatedManager(options), await startSimulatedManager({ ...options, holds: 'nothing' })];
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  const local = (at: number) => ({ urls: [managers[at]?.urls[0]], username: 'admin', passwordFile: 'password' });
  const both = [
    { id: 'prod', local: local(0) },
    { id: 'lab', schedule: null, local: local(1) },
  ];
  await writeFile(
    join(dir, 'offsite.json'),
    JSON.stringify({ version: 2, managers: both, local: { folder: 'store' } }),
  );
});
afterAll(async () => {
  await Promise.all(managers.map((one) => one.close()));
  await rm(dir, { recursive: true, force: true });
});

test('what each command prints with --json', async () => {
  const env = { OFFSITE_CONFIG: join(dir, 'offsite.json') };
  const shown = async (line: string) =>
    JSON.parse((await commandLine(`${line} --local --json`.split(' '), { terminal: { env, clock } })).out);
  const night = '--scheduled-time 2026-11-22T02:00:00Z';
  const { snapshot } = await shown(`export --manager prod ${night}`);
  for (const [name, line] of [
    ['export', `export --manager prod ${night}`],
    ['export-all', 'export --all'],
    ['list', 'list'],
    ['show', 'show --manager prod'],
    ['status', 'status'],
    ['verify', 'verify --all'],
    ['keep', `keep ${snapshot} --manager prod --forever`],
    ['show', `show ${snapshot} --manager prod`],
    ['unkeep', `unkeep ${snapshot} --manager prod`],
    ['accept', `accept ${snapshot} --manager prod`],
    ['doctor', 'doctor --manager prod'],
    ['doctor-all', 'doctor --all'],
    ['retention-plan', 'retention plan --manager prod'],
    ['retention-expire', 'retention expire'],
    ['reconcile', 'reconcile --manager prod'],
    ['reconcile-all', 'reconcile --all'],
    ['contents', 'contents --manager prod'],
    ['contents', `contents ${snapshot} --manager prod --members`],
    ['diff', 'diff latest latest --manager prod'],
    ['download', `download --manager prod --to ${join(dir, 'one.zip')}`],
    ['extract', `extract --manager prod --member metadata.json --to ${join(dir, 'extracted')}`],
    ['copy', `copy --all --to ${join(dir, 'copied')}`],
    ['digest', 'digest'],
    ['restore', 'restore --manager lab --source-manager prod --dry-run'],
    ['restore', 'restore --manager lab --source-manager prod --archive offsite-20200101T000000Z'],
    ['failure', 'show --manager nobody'],
    ['failure', 'export'],
  ] as const)
    expect([line, problems(name, await shown(line))]).toEqual([line, []]);
});

test('adopt and notify, which have no --local', async () => {
  const env = { OFFSITE_CONFIG: join(dir, 'offsite.json') };
  const shown = async (line: string) =>
    JSON.parse((await commandLine(`${line} --json`.split(' '), { terminal: { env, clock } })).out);
  await shown('export --manager prod --local');
  const plain = join(dir, 'plain', 'offsite');
  await cp(join(dir, 'store', 'offsite'), plain, { recursive: true });
  await writeFile(join(plain, 'foreign.txt'), 'x');
  for (const line of ['--dry-run ', '', ''])
    expect(problems('adopt', await shown(`adopt ${line}--from ${join(dir, 'plain')}`))).toEqual([]);
  const servers = await TargetServers.start();
  await writeFile(join(dir, 'url'), servers.url());
  const config = JSON.parse(await readFile(env.OFFSITE_CONFIG, 'utf8'));
  const own = servers.targets().filter(({ type }) => type === 'webhook');
  const targets = [
    ...own.map((target) => ({ ...target, urlFile: 'url' })),
    { type: 'slack', name: 'gone', urlFile: 'nowhere' },
    { type: 'slack', name: 'aws', urlSecret: { id: 'hooks/slack' } },
  ];
  const notifications = { allowedHosts: [servers.host], targets };
  await writeFile(join(dir, 'notifying.json'), JSON.stringify({ ...config, notifications }));
  const sent = await shown(`notify --test --config ${join(dir, 'notifying.json')}`);
  await servers.close();
  expect([problems('notify', sent), sent.targets.length, sent.notTried]).toEqual([[], 2, ['aws']]);
});

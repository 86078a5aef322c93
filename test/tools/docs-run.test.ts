import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { blocks, wordsOf } from '../support/docs-blocks.ts';
import { offsite } from '../support/offsite.ts';

/**
 * Commands of one machine, of every page, as they stand there: against a simulated manager with a certificate of its own,
 * in a folder that stands for the root of the machine. The tutorial has a test of its own (docs-commands.test.ts).
 */
const NOT_HERE = [
  [/--(to-)?bucket\b/, 'a store of another kind'],
  [/ --listen /, 'serves until it is ended'],
  [/^offsite (simulate-manager|local-s3|demo|notify)\b/, 'a test of its own'],
] as const;

/** What a line may end with other than 0. */
const ENDS: readonly (readonly [RegExp, number, RegExp])[] = [
  [/^offsite restore .*--dry-run/, 1, /^Refused {3}TargetNotEmpty: /m],
];

/** The addresses that the pages use for managers, and what a folder that belongs to the reader is called there. */
const FULL = /^https:\/\/(manager|node1|node2)\.example\.com$/;
const EMPTY = /^https:\/\/(standby|new)\.example\.com$/;
const OWN_FILES = /^(?!-)[\w./-]+\.(zip|html|json|pem|prom|csv)$|^(password|restored-ssl)$/;

const lines = blocks
  .filter(({ page, why }) => why === undefined && page !== 'docs/tutorials/one-machine.md')
  .flatMap(({ page, lines }) => lines.map((line) => [page, line] as const))
  .filter(([, line]) => / --local\b|^offsite schedule /.test(line))
  .filter(([, line]) => !NOT_HERE.some(([pattern]) => pattern.test(line)));

const certificates = makeCertificates();
const clock = new VirtualClock('2026-11-21T02:00:00.000Z');
let root: string;
let full: SimulatedManager;
let empty: SimulatedManager;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'offsite-docs-'));
  const usual = { version: '6.4.2', tls: certificates, password: 'docs', now: clock.now, createSeconds: 0 };
  full = await startSimulatedManager({ ...usual, archive: { sizeBytes: 200_000 } });
  empty = await startSimulatedManager({ ...usual, holds: 'nothing', restoreSeconds: 5 });
  for (const folder of ['mnt', 'backup', 'etc/systemd/system', 'var/lib/node_exporter'])
    await mkdir(join(root, folder), { recursive: true });
  const etc = join(root, 'etc/offsite');
  await mkdir(etc, { mode: 0o700 });
  for (const file of ['password', 'password-admin', 'password-new', 'standby.password', 'password-prod'])
    await writeFile(join(etc, file), 'docs\n', { mode: 0o600 });
  await writeFile(join(etc, 'ca.pem'), certificates.caPem);
  const local = {
    ...{ urls: full.urls, username: 'admin', passwordFile: join(etc, 'password'), caFile: join(etc, 'ca.pem') },
  };
  const schedule = 'cron(0 4 * * ? *)';
  const managers = [{ id: 'prod', schedule, local }];
  const configuration = JSON.stringify({ version: 2, managers, local: { folder: join(root, 'mnt/backup') } });
  await writeFile(join(etc, 'offsite.json'), configuration, { mode: 0o600 });
  for (const id of ['prod', 'spare', 'prod'])
    await run('prepared', exportLine.replace('--manager prod', `--manager ${id}`));
  await run('prepared', 'offsite copy --all --local --from /mnt/backup --to /backup/cloudify');
});
afterAll(async () => {
  await full?.close();
  await empty?.close();
  await rm(root, { recursive: true, force: true });
});

const exportLine =
  'offsite export --local --manager prod --manager-url https://manager.example.com --username admin --password-file /etc/offsite/password --ca-file /etc/offsite/ca.pem --to /mnt/backup';

const here = (word: string): string => {
  if (FULL.test(word)) return full.urls[0] ?? '';
  if (EMPTY.test(word)) return empty.urls[0] ?? '';
  if (word.startsWith('/')) return join(root, word);
  if (/^(offsite\.json|password|ca\.pem)$/.test(word)) return join(root, 'etc/offsite', word);
  return OWN_FILES.test(word) ? join(root, 'home', word) : word;
};

async function run(page: string, line: string): Promise<string> {
  const words = wordsOf(line.replace(/ *(>|\|).*$/, ''))
    .slice(1)
    .map(here);
  // The simulated manager has one user.
  const at = words.indexOf('--username');
  if (at >= 0) words[at + 1] = 'admin';
  if (words[0] === 'report' && !words.includes('--html') && !words.includes('--keep'))
    words.push('--html', join(root, 'home/report'));
  const named = words.includes('--from') || words.includes('--to') || words.includes('--manager-url');
  const env = named && words[0] !== 'restore' ? {} : { OFFSITE_CONFIG: join(root, 'etc/offsite/offsite.json') };
  await mkdir(join(root, 'home'), { recursive: true });
  const { code, out, err } = await offsite(words, { clock, env });
  const other = ENDS.find(([pattern, expected]) => pattern.test(line) && expected === code);
  expect([page, line, code, err.includes('Error')]).toEqual([page, line, other?.[1] ?? 0, false]);
  if (other) expect(out, line).toMatch(other[2]);
  return out;
}

test('most commands of one machine are run', () => {
  expect(lines.length).toBeGreaterThan(25);
  for (const [name] of [
    ['download'],
    ['contents'],
    ['diff'],
    ['extract'],
    ['copy'],
    ['verify'],
    ['export'],
    ['restore'],
  ])
    expect(lines.map(([, line]) => line.split(' ')[1])).toContain(name);
});

test.each(lines)('%s: %s', async (page, line) => {
  await run(page, line);
});

import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { fingerprintOf } from '../../lib/signing/public-key.ts';
import { FOLDERS } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { isFull, oneIn } from '../support/sampled.ts';
import { keyPair, signing } from '../support/signing.ts';

/**
 * Every stored record and every archive of a small installation, damaged in every way, and the commands after it: what is
 * damaged concerns itself alone. The installation is the folder of 0.1.0 (test/cli/older-bucket.test.ts), two managers
 * with three archives each, and what later versions store beside it.
 */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const RESTORE = 'prod-new/20261130T024359Z-abc1fb3f.json';
const anotherKey = await keyPair().publicKey();
const LATER: Readonly<Record<string, object>> = {
  [`keys/${fingerprintOf(anotherKey)}.json`]: {
    schema: 'cloudify-offsite/key/1',
    fingerprint: fingerprintOf(anotherKey),
    algorithm: 'ECDSA_P256_SHA256',
    publicKeyPem: anotherKey.export({ type: 'spki', format: 'pem' }),
    createdAt: '2026-11-30T02:00:00.000Z',
  },
  ...Object.fromEntries(
    ['approval-request', 'approval', 'approval-use'].map((kind) => [
      `${kind}s/${RESTORE}`,
      { schema: `cloudify-offsite/${kind}/1`, digest: 'a'.repeat(64), decidedAt: '2026-11-30T02:43:59.000Z' },
    ]),
  ),
  'extractions/prod/offsite-20261122T020000Z/20261130T090000Z-0a1b2c3d.json': {
    schema: 'cloudify-offsite/extraction/1',
    at: '2026-11-30T09:00:00.000Z',
  },
  'reconciliations/prod.json': { schema: 'cloudify-offsite/reconciliation/1', finishedAt: '2026-11-30T09:00:00.000Z' },
};
/** The folder that each case begins with. */
const WHOLE = await mkdtemp(join(memoryDisk(), 'offsite-whole-'));
await cp(FIXTURE, WHOLE, { recursive: true });
await store(
  WHOLE,
  Object.entries(LATER).map(([key, record]) => [key, JSON.stringify(record)]),
);
const BUCKET = join(WHOLE, 'offsite');
const KEYS = (await readdir(BUCKET, { recursive: true, withFileTypes: true }))
  .filter((one) => one.isFile())
  .map((one) => join(one.parentPath, one.name).slice(BUCKET.length + 1))
  .sort();

async function store(dir: string, objects: readonly (readonly [string, Buffer | string])[]): Promise<void> {
  const access = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = await startLocalS3({ access, dir, now: () => new Date('2026-12-01T12:00:00Z') });
  const client = s3Client({ ...s3.access, endpoint: s3.url, maxAttempts: 1 });
  for (const [Key, Body] of objects) await client.send(new PutObjectCommand({ Bucket: 'offsite', Key, Body }));
  client.destroy();
  await s3.close();
}

/** On the disk of a folder, as a failing disk or a person does it. */
const ON_DISK: Readonly<Record<string, (file: string) => Promise<void>>> = {
  truncate: async (file) => await truncate(file, Math.floor((await readFile(file)).length / 2)),
  flip: async (file) => {
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
  },
  empty: async (file) => await truncate(file, 0),
  remove: async (file) => await rm(file),
};
/** Through S3, with a checksum that is right: what the store gives is what was written. */
const STORED: Readonly<Record<string, (key: string, bytes: Buffer) => Promise<Buffer>>> = {
  'cut off, stored': async (_, bytes) => bytes.subarray(0, bytes.length / 2),
  "replaced by another's": async (key) => await readFile(join(BUCKET, otherLike(key))),
  'of a later schema': async (_, bytes) =>
    Buffer.from(bytes.toString('utf8').replace(/(cloudify-offsite\/\w+)\/1/, '$1/2')),
};

/** Another object of the same kind, of the other manager if there is one. */
function otherLike(key: string): string {
  const [folder = '', manager = ''] = key.split('/');
  const alike = KEYS.filter((one) => one.startsWith(`${folder}/`) && one !== key);
  return alike.find((one) => one.split('/')[1] !== manager) ?? alike[0] ?? 'runs/prod/offsite-20261122T020000Z.json';
}

const idOf = (key: string) => /offsite-\d{8}T\d{6}Z/.exec(key)?.[0] ?? '';
const managerOf = (key: string) => key.split('/')[1]?.replace(/\.json$/, '') ?? '';
/** Each archive, by its key: what must be listed whatever happens to another one. */
const ARCHIVES = KEYS.filter((key) => key.startsWith('archives/'));

const common = { password: 'canary-Passw0rd', createSeconds: 0, restoreSeconds: 1, archive: { sizeBytes: 8192 } };
const SMALL = { ...common, version: '7.0.5', now: () => clock.now() };

let root: string;
let source: SimulatedManager;
const clock = new VirtualClock('2026-12-01T12:00:00Z');
beforeAll(async () => {
  root = await mkdtemp(join(memoryDisk(), 'offsite-damaged-'));
  await writeFile(join(root, 'password'), 'canary-Passw0rd');
  source = await startSimulatedManager(SMALL);
});
afterAll(async () => {
  await source.close();
  for (const dir of [root, WHOLE]) await rm(dir, { recursive: true, force: true });
});

class Damaged {
  readonly dir: string;
  constructor(dir: string) {
    this.dir = dir;
  }

  async run(...args: string[]) {
    const texts = { out: [] as string[], err: [] as string[] };
    const to = (stream: 'out' | 'err') => ({ write: (text: string) => void texts[stream].push(text) });
    const terminal = { out: to('out'), err: to('err'), interrupt: new AbortController().signal, signing, clock };
    const where = args[0] === 'export' ? '--to' : '--from';
    const code = await main([...args, '--local', where, this.dir, '--json'], terminal);
    return { code, err: texts.err.join(''), document: JSON.parse(texts.out.join('') || 'null') };
  }

  access({ urls }: SimulatedManager) {
    return ['--manager-url', urls[0] ?? '', '--username', 'admin', '--password-file', join(root, 'password')];
  }
}

async function damaged(keys: readonly string[], how: string): Promise<Damaged> {
  const dir = await mkdtemp(join(root, 'store-'));
  await cp(WHOLE, dir, { recursive: true });
  const onDisk = ON_DISK[how];
  if (onDisk) for (const key of keys) await onDisk(join(dir, 'offsite', key));
  else {
    const bytes = async (key: string) => (await STORED[how]?.(key, await readFile(join(BUCKET, key)))) ?? '';
    await store(dir, await Promise.all(keys.map(async (key) => [key, await bytes(key)] as const)));
  }
  return new Damaged(dir);
}

/** One object of each kind: what is true of it is true of its like. */
const ONE_OF_EACH = [...Map.groupBy(KEYS, (key) => key.split('/')[0]).values()].flatMap((all) => all.slice(-1));
/**
 * Damaged at once: what concerns itself alone hides nothing of the others, so no two in a group are of one archive. Each
 * alone, which takes four times as long, by `npm run test:full`.
 */
const GROUPS: readonly (readonly string[])[] = isFull
  ? ONE_OF_EACH.map((key) => [key])
  : [
      [
        'archives/prod/2026/11/offsite-20261122T020000Z.zip',
        'inspections/legacy/2026/11/offsite-20261120T023000Z.json',
        'accepts/legacy/2026/11/offsite-20261122T023000Z.json',
        'runs/legacy/offsite-20261123T023000Z.json',
        'claims/prod-new.json',
        Object.keys(LATER)[0] ?? '',
      ],
      [
        'manifests/prod/2026/11/offsite-20261122T020000Z.json',
        'keeps/legacy/2026/11/offsite-20261120T023000Z.json',
        'marks/legacy/2026/11/offsite-20261121T023000Z.json',
        `restores/${RESTORE}`,
        ...Object.keys(LATER).slice(1),
      ],
    ];

test('every kind of record is damaged', () => {
  const kinds = GROUPS.flat().map((key) => key.split('/')[0]);
  // 0.1.0 had no index. What is done to one, and what every command says of it: test/cli/archive-index.test.ts.
  // Nor did it keep reports, which decide nothing: test/report/kept.test.ts.
  expect(kinds.sort()).toEqual(FOLDERS.filter((folder) => folder !== 'indexes' && folder !== 'reports').sort());
});

const WAYS = [...Object.keys(ON_DISK), ...Object.keys(STORED)];
const CASES = WAYS.flatMap((how) =>
  GROUPS.map((all) => [how, all.filter((key) => key.endsWith('.json') || how !== 'of a later schema')] as const),
).filter(([, keys]) => keys.length > 0);
/** What takes longer is tried after these: bytes that are wrong, and records that are of something else. */
const takesLonger = (how: string) => how === 'flip' || how === "replaced by another's";
/** Not the one that was damaged already when the folder was filled. */
const ROTTEN = 'offsite-20261121T020000Z';
/** By a list, of `prod`'s newest archive; without the manifest of that the newest is the rotten one. */
const isNewestLost = (key: string, how: string) =>
  /^(archives|manifests)\/prod\/.*20261122T020000Z/.test(key) &&
  (key.startsWith('manifests/') || ['truncate', 'empty', 'remove'].includes(how));
/** Archives of which nothing was damaged. */
const goodOthers = (keys: readonly string[]) =>
  ARCHIVES.filter((one) => !keys.some((key) => idOf(one) === idOf(key) && managerOf(one) === managerOf(key)));

describe.each(oneIn(3, CASES))('%s: %s', (how, keys) => {
  const isLost = keys.some((key) => isNewestLost(key, how));
  const others = goodOthers(keys);
  const of = (manager: string) => others.find((one) => managerOf(one) === manager && idOf(one) !== ROTTEN) ?? '';

  test('list, status, show, plan, expire, keep and reconcile go on, and only these archives are concerned', async () => {
    const one = await damaged(keys, how);
    const list = await one.run('list');
    expect([list.code, list.err.includes('at ')], list.err).toEqual([0, false]);
    const listed = list.document.archives.map((archive: { key: string }) => archive.key);
    expect(listed, 'every other archive is listed').toEqual(expect.arrayContaining(others));
    for (const { key: named } of list.document.unreadable)
      expect(keys, 'no other record is unreadable').toContain(named);
    const status = await one.run('status');
    expect([status.code, status.document.managers.length], status.err).toEqual([isLost ? 1 : 0, 2]);
    for (const manager of ['prod', 'legacy']) {
      const other = of(manager);
      const show = await one.run('show', `${manager}/${idOf(other)}`);
      expect([show.code, show.document?.manifest.archive.key], show.err).toEqual([0, other]);
      const plan = await one.run('retention', 'plan', '--manager', manager);
      expect(plan.code, plan.err).toBe(0);
      const reconciled = await one.run('reconcile', '--manager', manager);
      expect([0, 1], reconciled.err).toContain(reconciled.code);
      expect(reconciled.document.findings, reconciled.err).toEqual(expect.any(Array));
      const kept = await one.run('keep', idOf(other), '--manager', manager, '--until', '2027-09-01');
      expect(kept.code, kept.err).toBe(0);
    }
    const expire = await one.run('retention', 'expire');
    const due: readonly { key: string }[] = expire.document.acts;
    expect([expire.code, due.filter(({ key }) => /^(archives|manifests)/.test(key))], expire.err).toEqual([0, []]);
    await rm(one.dir, { recursive: true });
  });

  test.runIf(takesLonger(how))('verify, restore of another archive, export and repair go on', async () => {
    const one = await damaged(keys, how);
    const verify = await one.run('verify', '--all');
    expect(verify.document.counts.good, verify.err).toBeGreaterThanOrEqual(4);
    const which = ['--source-manager', 'prod', '--archive', idOf(of('prod')), '--method', 'stream'];
    const spare = await startSimulatedManager({ ...SMALL, holds: 'nothing' });
    const restore = await one.run('restore', '--manager', 'spare', ...which, ...one.access(spare));
    expect([restore.code, restore.document.outcome], restore.err).toEqual([0, 'succeeded']);
    await spare.close();
    const night = ['--manager', 'prod', '--scheduled-time', '2026-12-01T02:00:00Z'];
    const exported = await one.run('export', ...night, ...one.access(source));
    expect([exported.code, exported.document.outcome], exported.err).toEqual([0, 'succeeded']);
    const repaired = await one.run('reconcile', '--manager', 'prod', '--repair');
    expect(repaired.document.counts.failed, repaired.err).toBe(0);
    await rm(one.dir, { recursive: true });
  });

  test('contents, diff, download, extract and copy of other archives, digest and report go on', async () => {
    const one = await damaged(keys, how);
    const [first, second] = ['prod', 'legacy'].map((manager) => `${manager}/${idOf(of(manager))}`) as [string, string];
    const out = await mkdtemp(join(root, 'out-'));
    for (const args of [
      ['contents', first],
      ['diff', first, second],
      ['download', first, '--to', join(out, 'archive.zip')],
      ['extract', first, '--member', 'metadata.json', '--to', join(out, 'files')],
      ['copy', first, second, '--to', join(out, 'copies')],
    ]) {
      const { code, document, err } = await one.run(...args);
      expect([args[0], code, document], err).toEqual([args[0], 0, expect.any(Object)]);
    }
    for (const command of ['digest', 'report']) {
      const { code, document, err } = await one.run(command);
      expect([0, 1], err).toContain(code);
      expect(document, err).toEqual(expect.any(Object));
    }
    for (const dir of [one.dir, out]) await rm(dir, { recursive: true });
  });
});

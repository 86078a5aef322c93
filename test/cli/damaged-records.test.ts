import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { signing } from '../support/signing.ts';

/**
 * Every stored record and every archive of a small installation, damaged in every way, and the commands after it: what is
 * damaged concerns itself alone. The installation is the folder of 0.1.0 (test/cli/older-bucket.test.ts): two managers
 * with three archives each.
 */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const BUCKET = join(FIXTURE, 'offsite');
const KEYS = (await readdir(BUCKET, { recursive: true, withFileTypes: true }))
  .filter((one) => one.isFile())
  .map((one) => join(one.parentPath, one.name).slice(BUCKET.length + 1))
  .sort();

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
  await rm(root, { recursive: true, force: true });
});

class Damaged {
  readonly dir: string;
  readonly key: string;
  constructor(dir: string, key: string) {
    this.dir = dir;
    this.key = key;
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

async function damaged(key: string, how: string): Promise<Damaged> {
  const dir = await mkdtemp(join(root, 'store-'));
  await cp(FIXTURE, dir, { recursive: true });
  const onDisk = ON_DISK[how];
  if (onDisk) await onDisk(join(dir, 'offsite', key));
  else {
    const access = { accessKeyId: 'local', secretAccessKey: 'local' };
    const s3 = await startLocalS3({ access, dir, now: clock.now });
    const client = s3Client({ ...s3.access, endpoint: s3.url, maxAttempts: 1 });
    const Body = (await STORED[how]?.(key, await readFile(join(BUCKET, key)))) ?? '';
    await client.send(new PutObjectCommand({ Bucket: 'offsite', Key: key, Body }));
    client.destroy();
    await s3.close();
  }
  return new Damaged(dir, key);
}

/** One object of each kind: what is true of it is true of its like. */
const ONE_OF_EACH = [...Map.groupBy(KEYS, (key) => key.split('/')[0]).values()].flatMap((all) => all.slice(-1));
const CASES = ONE_OF_EACH.flatMap((key) =>
  [...Object.keys(ON_DISK), ...Object.keys(STORED)]
    .filter((how) => key.endsWith('.json') || how !== 'of a later schema')
    .map((how) => [key, how] as const),
);
/** What takes longer is tried after these: bytes that are wrong, and a manifest or mark that is of something else. */
const takesLonger = (key: string, how: string) =>
  how === 'flip' || (how === "replaced by another's" && /^(manifests|marks)/.test(key));
/** Not the one that was damaged already when the folder was filled. */
const ROTTEN = 'offsite-20261121T020000Z';
/** By a list, of `prod`'s newest archive; without the manifest of that the newest is the rotten one. */
const isNewestLost = (key: string, how: string) =>
  /^(archives|manifests)\/prod\/.*20261122T020000Z/.test(key) &&
  (key.startsWith('manifests/') || ['truncate', 'empty', 'remove'].includes(how));
const goodOthers = (key: string) => ARCHIVES.filter((one) => idOf(one) !== idOf(key));

describe.each(CASES)('%s: %s', (key, how) => {
  test('list, status, show, plan and reconcile go on, and only this archive is concerned', async () => {
    const one = await damaged(key, how);
    const others = goodOthers(key);
    const list = await one.run('list');
    expect([list.code, list.err.includes('at ')], list.err).toEqual([0, false]);
    const listed = list.document.archives.map((archive: { key: string }) => archive.key);
    expect(listed, 'every other archive is listed').toEqual(expect.arrayContaining(others));
    for (const { key: named } of list.document.unreadable) expect(named, 'no other record is unreadable').toBe(key);
    const status = await one.run('status');
    expect([status.code, status.document.managers.length], status.err).toEqual([isNewestLost(key, how) ? 1 : 0, 2]);
    const [other = ''] = others.filter((archive) => managerOf(archive) === managerOf(key)).concat(others);
    const show = await one.run('show', `${managerOf(other)}/${idOf(other)}`);
    expect([show.code, show.document?.manifest.archive.key], show.err).toEqual([0, other]);
    const manager = managerOf(key) === 'legacy' ? 'legacy' : 'prod';
    const plan = await one.run('retention', 'plan', '--manager', manager);
    expect(plan.code, plan.err).toBe(0);
    const reconciled = await one.run('reconcile', '--manager', manager);
    expect([0, 1], reconciled.err).toContain(reconciled.code);
    expect(reconciled.document.findings, reconciled.err).toEqual(expect.any(Array));
    await rm(one.dir, { recursive: true });
  });

  test.runIf(takesLonger(key, how))('verify, restore of another archive and export go on', async () => {
    const one = await damaged(key, how);
    const verify = await one.run('verify', '--all');
    expect(verify.document.counts.good, verify.err).toBeGreaterThanOrEqual(4);
    const [other = ''] = goodOthers(key).filter((one) => managerOf(one) === 'prod' && idOf(one) !== ROTTEN);
    const which = ['--source-manager', 'prod', '--archive', idOf(other), '--method', 'stream'];
    const spare = await startSimulatedManager({ ...SMALL, holds: 'nothing' });
    const restore = await one.run('restore', '--manager', 'spare', ...which, ...one.access(spare));
    expect([restore.code, restore.document.outcome], restore.err).toEqual([0, 'succeeded']);
    await spare.close();
    const night = ['--manager', 'prod', '--scheduled-time', '2026-12-01T02:00:00Z'];
    const exported = await one.run('export', ...night, ...one.access(source));
    expect([exported.code, exported.document.outcome], exported.err).toEqual([0, 'succeeded']);
    await rm(one.dir, { recursive: true });
  });
});

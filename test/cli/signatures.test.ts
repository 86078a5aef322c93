import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { indexHeadOf, indexPageOf, keysOf } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { withOtherBytes } from '../support/forged-bytes.ts';
import { keyPair } from '../support/signing.ts';

let dir: string;
let clock: VirtualClock;
const managers: SimulatedManager[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-signatures-'));
  clock = new VirtualClock('2026-12-01T02:00:00Z');
  await writeFile(join(dir, 'password'), 'canary-Passw0rd');
});
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close()));
  await rm(dir, { recursive: true, force: true });
});

/** A command on a machine with a state folder of its own. */
async function on(machine: string, args: readonly string[], keyFile?: string) {
  const shown = { code: -1, out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (shown[stream] += text) });
  shown.code = await main(args, {
    ...{ out: to('out'), err: to('err'), interrupt: new AbortController().signal, clock },
    signing: { stateFolder: join(dir, machine), keyFile },
  });
  return shown;
}

const store = () => join(dir, 'store');
const from = () => ['--local', '--from', store()];
async function backUp(machine: string, ...more: string[]) {
  clock.advance(24 * 3600);
  const night = ['--scheduled-time', clock.now().toISOString()];
  const to = ['--local', '--to', store(), '--manager', 'm1', ...(await access({}))];
  return await on(machine, ['export', ...to, ...night, '--json', ...more]);
}
async function access(options: object): Promise<string[]> {
  const common = { password: 'canary-Passw0rd', now: clock.now, createSeconds: 0, restoreSeconds: 60 };
  const manager = await startSimulatedManager({
    ...common,
    version: '7.0.5',
    archive: { sizeBytes: 8192 },
    ...options,
  });
  managers.push(manager);
  return ['--manager-url', manager.urls[0] ?? '', '--username', 'admin', '--password-file', join(dir, 'password')];
}
async function restore(machine: string, ...more: string[]) {
  const to = ['--manager', 'm1', ...(await access({ holds: 'nothing' })), '--method', 'stream'];
  return await on(machine, ['restore', ...from(), ...to, '--json', ...more]);
}
async function json(machine: string, ...args: string[]) {
  const { code, out } = await on(machine, [...args, ...from(), '--json']);
  return { code, document: JSON.parse(out) };
}
const keysBeside = async () => (await readdir(join(store(), 'offsite/keys'))).map((name) => name.replace('.json', ''));
/** As whoever may write to the store does it; what is merely edited on the disk is found by its checksum. */
async function put(key: string, text: string | undefined): Promise<void> {
  const server = await startLocalS3({ dir: store(), now: clock.now });
  const client = s3Client({ ...server.access, endpoint: server.url });
  try {
    const at = { Bucket: 'offsite', Key: key };
    if (text === undefined) await client.send(new DeleteObjectCommand(at));
    else await client.send(new PutObjectCommand({ ...at, Body: text }));
  } finally {
    client.destroy();
    await server.close();
  }
}
const manifestFile = async () => {
  const folder = join(store(), 'offsite/manifests/m1/2026/12');
  return join(folder, (await readdir(folder)).sort().at(-1) ?? '');
};

test('a backup makes the key of this machine at first use and puts its public half beside the archives', async () => {
  expect((await backUp('one')).code).toBe(0);
  const [fingerprint = ''] = await keysBeside();
  const { signature } = JSON.parse(await readFile(await manifestFile(), 'utf8'));
  expect(signature).toEqual({ key: fingerprint, value: expect.any(String) });
  expect((await backUp('one')).code).toBe(0);
  expect(await keysBeside()).toEqual([fingerprint]);
  const { document } = await json('one', 'show', 'm1/latest');
  expect(document).toMatchObject({ signature: { state: 'signed', key: fingerprint, known: 'trusted' }, notes: [] });
});

test('at three in the morning, on a machine that knows nothing: the restore works, and says what it could not prove', async () => {
  await backUp('one');
  const [fingerprint = ''] = await keysBeside();
  for (const dryRun of [['--dry-run'], []]) {
    const { code, out } = await restore('fresh', ...dryRun);
    expect(code).toBe(0);
    expect(out).toContain(`is signed with the key ${fingerprint}, which lies beside the archives. Compare it`);
  }
  // Once the person has compared it.
  const { code, out } = await restore('fresh', '--trust-key', fingerprint);
  expect(code).toBe(0);
  expect(out).not.toContain('lies beside');
  expect((await json('fresh', 'list')).document).toMatchObject({ archives: [{ signed: 'beside' }], unreadable: [] });
});

test('a key that comes to the archives later is not believed until it is named', async () => {
  await backUp('one');
  expect((await json('reader', 'list')).document.unreadable).toEqual([]);
  await backUp('two');
  const { document } = await json('reader', 'list');
  expect(document.archives).toHaveLength(1);
  expect(document.unreadable).toMatchObject([{ isForged: true, why: expect.stringContaining('--trust-key') }]);
  const [second = ''] = (await keysBeside()).filter((key) => document.unreadable[0].why.includes(key));
  for (const key of [second, join(store(), `offsite/keys/${second}.json`)]) {
    expect((await json('reader', 'list', '--trust-key', key)).document.unreadable).toEqual([]);
  }
});

test('a manifest that was changed: list, status, show and verify name it, a restore refuses it by name', async () => {
  await backUp('one');
  const file = await manifestFile();
  const snapshot = basename(file, '.json');
  const text = (await readFile(file, 'utf8')).replace('"edition": "premium"', '"edition": "PREMIUM"');
  await put(keysOf('m1', snapshot).manifest, text);
  const list = await on('one', ['list', ...from()]);
  expect(list.err).toMatch(/manifests\/m1\/\S+ is not what was signed with the key [0-9a-f]{64}/);
  expect((await json('one', 'status')).document.managers[0].marks).toContainEqual(expect.stringMatching(/^FORGED: /));
  for (const args of [
    ['show', `m1/${snapshot}`],
    ['verify', '--all'],
    ['verify', snapshot, '--manager', 'm1'],
  ]) {
    expect(await json('one', ...args)).toMatchObject({ code: 1, document: { error: 'RecordForged' } });
  }
  const refused = await restore('one');
  expect([refused.code, JSON.parse(refused.out).error]).toEqual([1, 'RecordForged']);
  expect(JSON.parse(refused.out).message).toContain('--accept-unsigned');
  expect((await restore('one', '--accept-unsigned')).code).toBe(0);
});

test('records without a signature are read, and noted in a restore; after --signed-since they are forged', async () => {
  await backUp('one');
  // As before there were signatures, and before there were indexes: what had a signature once must have it.
  for (const key of [indexHeadOf('m1'), indexPageOf('m1', '2026-12')]) await put(key, undefined);
  await rm(join(dir, 'one/known-indexes.json'));
  const file = await manifestFile();
  const { signature: _, ...bare } = JSON.parse(await readFile(file, 'utf8'));
  await put(keysOf('m1', basename(file, '.json')).manifest, JSON.stringify(bare));
  const { code, out } = await restore('one', '--dry-run');
  expect([code, out]).toEqual([0, expect.stringContaining('has no signature: nothing proves who wrote it')]);
  const since = ['--signed-since', '2026-01-01'];
  expect(JSON.parse((await restore('one', '--dry-run', ...since)).out)).toMatchObject({ error: 'RecordForged' });
  const config = join(dir, 'offsite.json');
  await writeFile(
    config,
    JSON.stringify({ managers: [{ id: 'm1' }], signatures: { requiredSince: '2026-01-01T00:00:00Z' } }),
  );
  expect((await json('one', 'verify', '--all', '--config', config)).document).toMatchObject({ error: 'RecordForged' });
});

test('a key that cannot be made ends a backup before it begins; another file is named by option or variable', async () => {
  const refused = await backUp('../../dev/null');
  expect(refused.code).toBe(2);
  expect(JSON.parse(refused.out)).toMatchObject({ error: 'InvalidConfiguration' });
  expect(refused.out).toContain('--signing-key FILE or the variable OFFSITE_SIGNING_KEY');
  const [named, meant] = [keyPair(), keyPair()];
  await writeFile(join(dir, 'named.pem'), named.pem);
  await writeFile(join(dir, 'meant.pem'), meant.pem);
  expect((await backUp('one', '--signing-key', join(dir, 'named.pem'))).code).toBe(0);
  const again = await on(
    'one',
    [
      'keep',
      basename(await manifestFile(), '.json'),
      '--manager',
      'm1',
      '--forever',
      ...from(),
      '--trust-key',
      named.fingerprint,
    ],
    join(dir, 'meant.pem'),
  );
  expect(again.code).toBe(0);
  expect((await keysBeside()).sort()).toEqual([named.fingerprint, meant.fingerprint].sort());
});

test('keep, accept and their ends are signed as well', async () => {
  await backUp('one');
  const snapshot = basename(await manifestFile(), '.json');
  const which = [snapshot, '--manager', 'm1', ...from()];
  expect((await on('one', ['keep', ...which, '--forever'])).code).toBe(0);
  const { document } = await json('one', 'show', `m1/${snapshot}`);
  expect(document.keep).toMatchObject({ until: null, signature: { key: (await keysBeside())[0] } });
  expect((await on('one', ['unkeep', ...which, '--yes'])).code).toBe(0);
  expect((await json('one', 'show', `m1/${snapshot}`)).document.keep).toMatchObject({
    until: expect.any(String),
    signature: expect.anything(),
  });
});

test('a copy of the folder is the same archive elsewhere: its records are as genuine there', async () => {
  await backUp('one');
  await cp(store(), join(dir, 'copy'), { recursive: true });
  const { out } = await on('one', ['list', '--local', '--from', join(dir, 'copy'), '--json']);
  expect(JSON.parse(out)).toMatchObject({ archives: [{ signed: 'trusted' }], unreadable: [] });
});

test('in a folder the bytes of an archive are signed: one that was replaced with its CRC-32 is found, by whoever reads it', async () => {
  const [made, later] = [await backUp('here'), await backUp('here')];
  expect([made.code, later.code]).toEqual([0, 0]);
  const { archive } = JSON.parse(later.out) as { archive: { key: string } };
  const file = join(store(), 'offsite', archive.key);
  await writeFile(file, await withOtherBytes(await readFile(file)));
  const verified = await on('here', ['verify', ...from(), '--all', '--json']);
  expect([verified.code, verified.out]).toEqual([1, expect.stringMatching(/their SHA-256 is/)]);
  const streamed = await restore('here');
  expect([streamed.code, streamed.out + streamed.err]).toEqual([1, expect.stringMatching(/ArchiveDamaged|SHA-256/)]);
  const skipped = await restore('here', '--skip-damaged');
  expect([skipped.code, skipped.out]).toEqual([0, expect.stringContaining('Passed over')]);
});

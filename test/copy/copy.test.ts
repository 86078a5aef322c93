import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { memoryDisk } from '../support/run-folder.ts';

const access = { accessKeyId: 'copy-test', secretAccessKey: 'copy-secret' };
const clock = new VirtualClock('2026-11-20T02:00:00.000Z');
let dir: string;
let s3: LocalS3;
let login: string;

/** Two archives of m1, the newest of three parts, and one of m2. */
beforeAll(async () => {
  dir = await mkdtemp(join(memoryDisk(), 'offsite-copy-'));
  await writeFile(join(dir, 'password'), 'secret');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', access.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', access.secretAccessKey);
  for (const [id, sizeBytes] of [
    ['m1', 200_000],
    ['m2', 200_000],
    ['m1', 12_000_000],
  ] as const) {
    const usual = { password: 'secret', createSeconds: 0, now: clock.now, archive: { sizeBytes } };
    const manager = await startSimulatedManager(usual);
    login = `--username admin --password-file ${dir}/password`;
    const line = `export --local --manager ${id} --manager-url ${manager.urls[0]} ${login} --to ${dir}/store`;
    expect(await offsite(line)).toMatchObject({ code: 0 });
    await manager.close();
    clock.advance(86_400);
  }
  s3 = await startLocalS3({ dir: join(dir, 's3'), access, now: clock.now });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
  await rm(dir, { recursive: true, force: true });
});

const offsite = async (line: string, more: Parameters<typeof commandLine>[1] = {}) =>
  await commandLine(
    line.split(' ').filter((word) => word !== ''),
    { ...more, terminal: { clock, ...more.terminal } },
  );
const copy = async (line: string, more = {}) => await offsite(`copy ${line} --local --from ${dir}/store`, more);
const documentOf = ({ out }: { out: string }) => JSON.parse(out);
const versionsIn = async (Bucket: string) => {
  const client = s3Client({ ...s3.access, endpoint: s3.url });
  const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  client.destroy();
  return Versions.map(({ Key, VersionId }) => `${Key} ${VersionId}`).sort();
};
const newBucket = async (Bucket: string) => {
  const client = s3Client({ ...s3.access, endpoint: s3.url });
  await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  return `--to-bucket ${Bucket} --to-s3-endpoint ${s3.url}`;
};
const archivesOf = async (place: string) => documentOf(await offsite(`list --local ${place} --json`)).archives;
const inS3 = (bucket: string) => `--bucket ${bucket} --s3-endpoint ${s3.url}`;

test('folder to folder: every archive verified, signed anew, in the index, held, and restorable from there', async () => {
  const copied = await copy(`--all --to ${dir}/all --json`);
  expect(copied).toMatchObject({ code: 0 });
  expect(documentOf(copied).archives.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
    Array(3).fill('copied'),
  );
  const [there, here] = [await archivesOf(`--from ${dir}/all`), await archivesOf(`--from ${dir}/store`)];
  expect(there).toHaveLength(3);
  for (const [at, one] of there.entries())
    expect([one.key, one.size, one.takenAt]).toEqual([here[at].key, here[at].size, here[at].takenAt]);
  const { manifest, expire, signature } = documentOf(await offsite(`show m1/latest --local --from ${dir}/all --json`));
  expect([expire, signature.state]).toEqual(['held', 'signed']);
  expect(manifest.copiedFrom).toMatchObject({
    place: `${dir}/store/offsite`,
    signedBy: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect((await offsite(`show m1/latest --local --from ${dir}/all`)).out).toContain(
    `Copied    from ${dir}/store/offsite`,
  );
  expect((await offsite(`verify --all --local --from ${dir}/all`)).code).toBe(0);
  expect(documentOf(await offsite(`reconcile --manager m1 --local --from ${dir}/all --json`))).toMatchObject({
    findings: [],
  });
  const target = await startSimulatedManager({
    now: clock.now,
    password: 'secret',
    holds: 'nothing',
    restoreSeconds: 1,
  });
  const line = `restore --manager spare --source-manager m1 --archive latest --local --from ${dir}/all`;
  const restored = await offsite(`${line} --manager-url ${target.urls[0]} ${login}`);
  await target.close();
  expect(restored).toMatchObject({ code: 0 });
});

test('again: nothing is written, and nothing has a new version', async () => {
  const to = await newBucket('again');
  expect(await copy(`--manager m1 ${to}`)).toMatchObject({ code: 0 });
  const before = await versionsIn('again');
  const second = await copy(`--manager m1 ${to}`);
  expect([second.code, second.out]).toEqual([
    0,
    expect.stringContaining('0 copied and verified, 2 already there, 0 not copied'),
  ]);
  expect(await versionsIn('again')).toEqual(before);
});

test.each<[string, string | number]>([
  ['between two parts', 2],
  ['after the bytes, before the manifest', 'Reading it back'],
])('stopped %s: the next run finishes, and sends no part twice', async (_, when) => {
  const bucket = `stopped-${typeof when}`;
  const to = await newBucket(bucket);
  const stop = new AbortController();
  let sleeps = 0;
  const sleep = async () => {
    if (++sleeps === when) stop.abort();
    stop.signal.throwIfAborted();
  };
  const parts = () => s3.requests('UploadPart');
  const before = parts();
  const terminal = {
    clock: { now: clock.now, sleep },
    ...(typeof when === 'number' ? { interrupt: stop.signal } : {}),
  };
  const more = { terminal, ...(typeof when === 'string' ? { stopAt: when } : {}) };
  const first = await copy(`m1/latest --bandwidth 50MB/s ${to}`, more);
  expect([first.code, first.err]).toEqual([130, expect.stringContaining('Run it again: it continues')]);
  expect(await archivesOf(inS3(bucket))).toEqual([]);
  expect(await copy(`m1/latest ${to}`)).toMatchObject({ code: 0 });
  // Three parts of the archive, and two of each run that try the store.
  expect(parts() - before).toBe(3 + 2 * 2);
  expect(await archivesOf(inS3(bucket))).toMatchObject([{ size: 12_000_000, damaged: false, missing: null }]);
});

test('another archive of the same name is never overwritten, recorded or not', async () => {
  const [first] = await archivesOf(`--from ${dir}/store --manager m2`);
  const begun = /-(....)(..)(..T..)(..)(..)Z$/.exec(first.snapshot)?.slice(1);
  const past = new VirtualClock(begun?.join('-').replace(/-(..)-(..)$/, ':$1:$2Z'));
  const usual = { password: 'secret', createSeconds: 0, archive: { sizeBytes: 300_000 } };
  const manager = await startSimulatedManager({ ...usual, now: past.now });
  const line = `export --local --manager m2 --manager-url ${manager.urls[0]} ${login} --to ${dir}/theirs`;
  expect(await offsite(line, { terminal: { clock: past } })).toMatchObject({ code: 0 });
  await manager.close();
  const [theirs] = await archivesOf(`--from ${dir}/theirs`);
  expect(theirs.snapshot).toBe(first.snapshot);
  const said = await copy(`m2/latest --to ${dir}/theirs --json`);
  expect([said.code, documentOf(said)]).toEqual([1, expect.objectContaining({ error: 'RecordConflict' })]);
  await rm(join(dir, 'theirs/offsite/manifests'), { recursive: true });
  expect(documentOf(await copy(`m2/latest --to ${dir}/theirs --json`))).toMatchObject({ error: 'RecordConflict' });
  const file = await readFile(join(dir, 'theirs/offsite', theirs.key));
  expect(file.length).toBe(300_000);
});

test('a copy whose bytes are not those of the manifest is not recorded', async () => {
  await cp(join(dir, 'store'), join(dir, 'bad'), { recursive: true });
  const [first] = await archivesOf(`--from ${dir}/store --manager m1`);
  const file = join(dir, 'bad', 'offsite', first.key);
  const bytes = await readFile(file);
  bytes[100_000] = (bytes[100_000] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const said = await offsite(`copy m1/${first.snapshot} --local --from ${dir}/bad --to ${dir}/from-bad --json`);
  expect([said.code, documentOf(said)]).toEqual([1, expect.objectContaining({ error: 'ChecksumMismatch' })]);
  expect(await archivesOf(`--from ${dir}/from-bad`)).toEqual([]);
});

test('what a person keeps is kept in the target', async () => {
  const [first] = await archivesOf(`--from ${dir}/store --manager m1`);
  expect(await offsite(`keep ${first.snapshot} --manager m1 --forever --local --from ${dir}/store`)).toMatchObject({
    code: 0,
  });
  expect(await copy(`m1/${first.snapshot} --to ${dir}/kept`)).toMatchObject({ code: 0 });
  expect(await archivesOf(`--from ${dir}/kept`)).toMatchObject([{ kept: true, keptUntil: null }]);
});

test.each([
  ['', 'No archive is named'],
  ['--all', 'The destination is missing'],
  ['m1/latest --all --to x', 'exclude'],
  ['latest --to x', 'MANAGER/ARCHIVE'],
])('copy %s is refused before anything is opened', async (line, why) => {
  expect(await copy(line)).toMatchObject({ code: 2, err: expect.stringContaining(why) });
});
test('the place itself is no target', async () => {
  expect(await copy(`--all --to ${dir}/store`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('that very place'),
  });
});

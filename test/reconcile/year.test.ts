import {
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { Manifest, RunRecord } from '../../lib/catalogue/records.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { CLASSES } from '../../lib/config/retention.ts';
import { runsBetween } from '../../lib/config/schedule.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { applyRetention } from '../../lib/retention/apply.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { type Reconciled, ReconcileWorld } from '../support/reconcile-world.ts';

const NIGHTS = 390;
const DAY_MS = 86_400_000;
/** Over both changes of the clocks, and over a leap day. */
const RULES = { ...defaultRules, schedule: 'cron(30 2 * * ? *)', timeZone: 'Europe/Berlin' };

let one: ReconcileWorld;
let sample: { manifest: Manifest; bytes: Buffer; inspection: string; run: RunRecord; snapshot: string };
const results: Reconciled[] = [];
let objects = 0;

/** What an export of that night would have written, with its own time. */
async function writeNight(slot: Date): Promise<void> {
  const { world } = one;
  world.clock.advance((slot.getTime() + 600_000 - world.clock.now().getTime()) / 1000);
  const snapshot = snapshotIdAt(slot);
  const keys = keysOf('m1', snapshot);
  const at = new Date(slot.getTime() + 300_000).toISOString();
  const put = async (Key: string, Body: string | Buffer, tagged = true) =>
    await world.client.send(
      new PutObjectCommand({
        ...{ Bucket: world.bucket, Key, Body, ChecksumAlgorithm: 'CRC32' },
        ...(tagged ? { Tagging: 'expire=held' } : {}),
      }),
    );
  await put(keys.run, JSON.stringify({ ...sample.run, snapshot, claimedAt: at, endedAt: at }), false);
  const { VersionId = '' } = await put(keys.archive, sample.bytes);
  await put(keys.inspection, sample.inspection);
  const times = Object.fromEntries(Object.keys(sample.manifest.times).map((name) => [name, at]));
  // Of before records were signed: a signature is for one key alone.
  const { signature: _, ...unsigned } = sample.manifest;
  const manifest = {
    ...unsigned,
    snapshot: { ...sample.manifest.snapshot, id: snapshot },
    archive: { ...sample.manifest.archive, key: keys.archive, versionId: VersionId },
    times: { ...times, scheduled: slot.toISOString() },
  };
  await put(keys.manifest, JSON.stringify(manifest));
}

/** What S3 does once a day by the rules of the bucket (lib/config/lifecycle.ts), as far as tags go. */
async function expire(): Promise<void> {
  const { world } = one;
  const { days, undoDays } = RULES.retention;
  const now = world.clock.now().getTime();
  for (const folder of ['archives', 'manifests', 'inspections']) {
    const listed = await world.client.send(
      new ListObjectVersionsCommand({ Bucket: world.bucket, Prefix: `${folder}/m1/` }),
    );
    for (const { Key = '', VersionId, LastModified, IsLatest } of listed.Versions ?? []) {
      const at = { Bucket: world.bucket, Key, VersionId };
      const { TagSet } = await world.client.send(new GetObjectTaggingCommand(at));
      const name = CLASSES.find((each) => each === TagSet?.[0]?.Value);
      const age = (now - (LastModified?.getTime() ?? 0)) / DAY_MS;
      if (name === undefined || age < days[name] - undoDays) continue;
      if (IsLatest) await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key }));
      else if (age >= days[name]) await world.client.send(new DeleteObjectCommand(at));
    }
  }
}

beforeAll(async () => {
  one = await ReconcileWorld.start(1, { manager: { archive: { sizeBytes: 3000, seed: 7 }, createSeconds: 5 } });
  one.rules = RULES;
  const { world } = one;
  const [snapshot = ''] = one.nights;
  const keys = keysOf('m1', snapshot);
  const [manifest] = await world.manifests();
  if (!manifest) throw new Error('There is no night to copy.');
  const run = await world.runRecord(snapshot);
  if (!run) throw new Error('There is no run to copy.');
  sample = {
    manifest,
    bytes: await world.bytes(keys.archive),
    inspection: await world.text(keys.inspection),
    run,
    snapshot,
  };
  const deps = localDeps({ ...world.parts(new AbortController().signal), rulesOf: () => RULES });
  const begin = world.clock.now();
  const nights = runsBetween(RULES.schedule, RULES.timeZone, begin, new Date(begin.getTime() + 400 * DAY_MS));
  expect(nights.length).toBeGreaterThan(NIGHTS);
  for (const [count, slot] of nights.slice(0, NIGHTS).entries()) {
    await writeNight(slot);
    if (count % 30 !== 29) continue;
    await applyRetention('m1', deps);
    await expire();
    world.clock.advance(4 * 3600);
    results.push(await one.reconcile({ storageOnly: true }));
    objects = results.at(-1)?.report.lookedAt.objects ?? 0;
  }
  await deps.close();
}, 300_000);
afterAll(async () => await one.stop());

test('390 healthy nights, looked at every 30: nothing is found, nobody is told', () => {
  expect(results.length).toBe(13);
  const found = results.flatMap(({ report }) => report.findings.map(({ message }) => message));
  expect(found).toEqual([]);
  expect(results.flatMap(({ subjects }) => subjects)).toEqual([]);
  for (const { report } of results) expect(report).toMatchObject({ outcome: 'clean', lookedAt: { nights: 7 } });
});

test('archives have come, were let go and have gone: of each class there are some', () => {
  const { bytes, lookedAt } = results.at(-1)?.report ?? {
    bytes: {} as Record<string, number>,
    lookedAt: { archives: 0 },
  };
  for (const name of ['held', ...CLASSES]) expect(bytes[name], name).toBeGreaterThan(0);
  expect(lookedAt.archives).toBeGreaterThan(40);
  expect(lookedAt.archives).toBeLessThan(120);
});

test('more than 1,000 objects: what comes last is found as well', async () => {
  const { world } = one;
  for (let n = 0; objects + n < 1400; n++)
    await world.put(
      `runs/m1/${snapshotIdAt(new Date(n * 60_000 + Date.UTC(2020, 0)))}.json`,
      JSON.stringify(sample.run),
    );
  await world.put('runs/m1/zzz.json', '{}');
  await world.put('archives/m1/zzz/last.zip', 'x');
  const { report } = await one.reconcile({ storageOnly: true });
  expect(report.lookedAt.objects).toBeGreaterThan(1400);
  const inRuns = (await world.files('runs/m1')).length;
  expect(inRuns, 'more than a page of one folder').toBeGreaterThan(1000);
  expect(report.findings.map(({ kind, about }) => `${kind} ${about}`).sort()).toEqual([
    'UnknownObject archives/m1/zzz/last.zip',
    'UnknownObject runs/m1/zzz.json',
  ]);
});

test('a night that is left out of the year is missed, on the day', async () => {
  const { world } = one;
  const [first, second] = runsBetween(
    RULES.schedule,
    RULES.timeZone,
    world.clock.now(),
    new Date(world.clock.now().getTime() + 3 * DAY_MS),
  );
  if (!first || !second) throw new Error('There are no nights to come.');
  world.clock.advance((first.getTime() - world.clock.now().getTime()) / 1000 + 5 * 3600);
  const missing = (await one.reconcile({ storageOnly: true })).report.findings.filter(
    ({ kind }) => kind === 'MissingNight',
  );
  expect(missing.map(({ about }) => about)).toContain(snapshotIdAt(first));
});

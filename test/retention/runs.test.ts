import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { dueActs, perform } from '../../lib/local/lifecycle.ts';
import { findArchive } from '../../lib/restore/choose/choose-archive.ts';
import { RestoreInput } from '../../lib/restore/input.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { VerifyWorld } from '../support/verify-world.ts';

/** Days are few, so that forty nights see all that may become of an archive. */
const retention = RetentionPolicy.parse({
  held: 2,
  days: { daily: 5, weekly: 14, monthly: 30, yearly: 400 },
  undoDays: 2,
});
const rulesOf = () => ({ ...defaultRules, timeZone: 'Europe/Berlin', retention });

test('an archive that a scrub finds damaged stops counting at once: an older one is held again', async () => {
  const one = await VerifyWorld.start(6);
  const store = new ArchiveBucket(one.world.client, one.world.bucket, new AbortController().signal);
  const tags = async () => {
    const { entries: all } = await readCatalogue('m1', { archive: store });
    return await Promise.all(
      all.map(async ({ manifest }) => (await store.protection.tagsOf(manifest.archive))?.tags['expire']),
    );
  };
  // From Monday, 23 November.
  expect(await tags()).toEqual(['yearly', 'daily', 'daily', 'held', 'held', 'held']);
  const [, , older = '', , newer = '', newest = ''] = one.snapshots;
  await one.flip(newest);
  expect((await one.verify()).outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
  // The damaged one stays beside them.
  expect(await tags()).toEqual(['yearly', 'daily', 'held', 'held', 'held', 'held']);
  for (const key of [keysOf('m1', older).manifest, keysOf('m1', older).inspection]) {
    expect((await store.protection.tagsOf({ key }))?.tags, key).toEqual({ expire: 'held' });
  }
  const { manifest, notes } = await findArchive(RestoreInput.parse({ manager: 'm1', skipDamaged: true }), {
    archive: store,
    clock: one.world.clock,
  });
  expect([manifest.snapshot.id, notes]).toEqual([
    newer,
    [`Passed over: ${newest} was found damaged by a verification.`],
  ]);
  await one.world.stop();
});

let both: RestoreWorld;
let archive: ArchiveBucket;
const ids = new Map<string, string>();
const day = () => both.world.clock.now().toISOString().slice(5, 10);

/** One day passes; S3 does its work after midnight, and at two there is a night, through the whole machine. */
async function passDay(night: 'good' | 'failed' | 'none'): Promise<void> {
  const { world } = both;
  const midnight = Math.ceil((world.clock.now().getTime() + 1) / 86_400_000) * 86_400_000;
  world.clock.advance((midnight + 600_000 - world.clock.now().getTime()) / 1000);
  await perform(
    world.client,
    world.bucket,
    await dueActs(world.client, world.bucket, lifecycleRules(retention), world.clock.now()),
  );
  if (night === 'none') return;
  world.clock.advance(6600);
  if (night === 'failed')
    world.s3.faults.add({ operation: 'CreateMultipartUpload', kind: 'accessDenied', times: Number.POSITIVE_INFINITY });
  const scheduledTime = world.clock.now().toISOString();
  const result = await world.run({
    ...{ input: { manager: 'm1', scheduledTime }, scheduledTime },
    parts: { secret: both.sourceSecret, rulesOf },
  });
  world.s3.faults.clear();
  expect(result.outcome.status).toBe(night === 'good' ? 'SUCCEEDED' : 'FAILED');
  if (night === 'good') ids.set(day(), world.snapshotOfRun);
}

/** The days whose archives are there, with their tags. */
async function left(): Promise<Record<string, string>> {
  const { entries } = await readCatalogue('m1', { archive });
  const tags = entries.map(async ({ manifest, stored }) => {
    const found = await archive.protection.tagsOf(manifest.archive);
    const hidden = stored?.hiddenAt ? ' (hidden)' : '';
    return [manifest.times.snapshotReady.slice(5, 10), `${found?.tags['expire']}${hidden}`] as const;
  });
  return Object.fromEntries(await Promise.all(tags));
}

beforeAll(async () => {
  both = await RestoreWorld.start();
  archive = new ArchiveBucket(both.world.client, both.world.bucket, new AbortController().signal);
});
afterAll(async () => await both.world.stop());

describe('forty nights', () => {
  // 2026-11-22 is a Sunday; the world begins with an archive of that day.
  test('of good ones: those of the last days, the first of each week, month and year', async () => {
    for (let n = 0; n < 12; n++) await passDay('good');
    expect(day()).toBe('12-04');
    expect(await left()).toEqual({
      '11-22': 'yearly',
      '11-23': 'weekly',
      '11-30': 'weekly',
      '12-01': 'monthly',
      '12-02': 'daily',
      '12-03': 'held',
      '12-04': 'held',
    });
  }, 120_000);

  test('of failed ones: the last good ones stay, however old they are', async () => {
    for (let n = 0; n < 8; n++) await passDay('failed');
    for (let n = 0; n < 12; n++) await passDay('none');
    expect(day()).toBe('12-24');
    expect(await left()).toEqual({ '11-22': 'yearly', '12-01': 'monthly', '12-03': 'held', '12-04': 'held' });
  }, 120_000);

  test('and good ones again: the old ones go, once newer ones have taken their place', async () => {
    await passDay('good');
    expect(await left()).toEqual({
      '11-22': 'yearly',
      '12-01': 'monthly',
      '12-03': 'daily',
      '12-04': 'held',
      '12-25': 'held',
    });
    // S3 has hidden that of the 3rd with its manifest, as its days were long over.
    await passDay('good');
    expect(await left()).toEqual({
      '11-22': 'yearly',
      '12-01': 'monthly',
      '12-04': 'daily',
      '12-25': 'held',
      '12-26': 'held',
    });
    for (let n = 0; n < 5; n++) await passDay('good');
    expect(day()).toBe('12-31');
    expect(Object.keys(await left())).toEqual(['11-22', '12-25', '12-28', '12-29', '12-30', '12-31']);
  }, 120_000);

  test('what is gone is gone, with its records; what is there can be restored', async () => {
    const gone = ids.get('12-03') ?? '';
    const keys = keysOf('m1', gone);
    for (const key of [keys.archive, keys.manifest, keys.inspection]) expect(await archive.versions(key)).toEqual([]);
    const refused = await both.restore({ archive: gone });
    expect(refused.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveNotFound' });
    const latest = await both.restore();
    expect(latest.outcome.status).toBe('SUCCEEDED');
    expect(latest.output).toContain(ids.get('12-31'));
    const asOf = await both.restore({ archive: { asOf: '2026-12-20T00:00:00Z' }, force: true, dryRun: true });
    // Of what there was then only that of 22 November is left.
    expect(asOf.output).toContain('offsite-20261122T030000Z');
  }, 120_000);
});

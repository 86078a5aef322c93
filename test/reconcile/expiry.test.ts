import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { rulesFrom } from '../../lib/cli/inputs/retention-rules.ts';
import { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { acceptDrift } from '../../lib/export/accept-drift.ts';
import { dueActs, perform } from '../../lib/local/lifecycle.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';

const days = { daily: 4, weekly: 4, monthly: 40, yearly: 100 };
const retention = RetentionPolicy.parse({ held: 1, days, undoDays: 2 });

let one: ReconcileWorld;
afterEach(async () => await one.stop());

async function begin(nights: number): Promise<void> {
  one = await ReconcileWorld.start(0);
  one.rules = { ...NIGHTLY, retention };
  for (let n = 0; n < nights; n++) await one.night();
}

/** What the rules of the bucket do, to all keys or to some. */
async function expire(prefix = ''): Promise<string[]> {
  const { client, bucket, clock } = one.world;
  const acts = await dueActs(client, bucket, lifecycleRules(retention), clock.now());
  const own = acts.filter(({ key }) => key.startsWith(prefix));
  await perform(client, bucket, own);
  return own.map(({ does, key }) => `${does} ${key}`);
}

const hide = async (Key: string) =>
  await one.world.client.send(new DeleteObjectCommand({ Bucket: one.world.bucket, Key }));

test('a night whose archive was let go within the week is not missing; one that failed is', async () => {
  await begin(0);
  for (let night = 0; night < 9; night++) {
    if (night === 4) {
      one.world.s3.faults.add({ operation: 'CreateMultipartUpload', kind: 'accessDenied' });
      await one.night();
    } else await one.night();
    await expire();
  }
  one.till(10);
  const { report } = await one.reconcile();
  expect(report.findings).toMatchObject([{ kind: 'MissingNight', about: one.nights[4] }]);
  expect([report.lookedAt.nights, report.lookedAt.archives]).toEqual([7, 4]);
});

test('S3 has hidden a manifest and not yet its archive: on its way, for three days', async () => {
  await begin(4);
  one.world.clock.advance(86_400);
  expect(await expire('manifests/')).toEqual([`hide ${one.keys(1).manifest}`]);
  const kinds = async () =>
    (await one.reconcile({ storageOnly: true })).kinds.filter((kind) => kind !== 'MissingNight');
  expect(await kinds()).toEqual([]);
  one.world.clock.advance(3 * 86_400);
  expect(await kinds()).toContain('UnrecordedArchive');
});

test('what retention has hidden goes within days; a version that no rule removes is found when it has not', async () => {
  await begin(4);
  const { archive } = keysOf('m1', 'offsite-20261122T103000Z');
  await one.world.put(archive, 'by hand');
  await hide(archive);
  one.rules = { ...NIGHTLY, retention, schedule: undefined };
  const about = async () =>
    (await one.reconcile({ storageOnly: true })).report.findings.map((one) => `${one.kind} ${one.about}`);
  for (let day = 0; day < 5; day++) {
    expect(await about()).toEqual([]);
    one.world.clock.advance(86_400);
    await expire();
  }
  one.world.clock.advance(86_400);
  await expire();
  expect(await about()).toEqual([`UnrecordedArchive ${archive}`]);
  one.rules = { ...one.rules, lock: { mode: 'governance', days: 30 } };
  expect(await about()).toEqual([]);
});

test('an archive that is let go only now, as `held` was lowered, is not overdue', async () => {
  await begin(3);
  one.rules = { ...NIGHTLY, schedule: undefined, retention: { ...retention, held: 3 } };
  await one.reconcile({ storageOnly: true });
  one.world.clock.advance(60 * 86_400);
  expect((await one.reconcile({ storageOnly: true })).kinds).toEqual([]);
  one.rules = { ...NIGHTLY, schedule: undefined, retention };
  const { report, kinds } = await one.reconcile({ storageOnly: true });
  expect([kinds, report.outcome]).toEqual([['WrongTag'], 'repaired']);
});

test('an archive that is let go only now, as a newer one was accepted, is not overdue, and after three days it is', async () => {
  await begin(2);
  one.holds.inventory = { tenants: 1, users: 1 };
  await one.night();
  one.rules = { ...NIGHTLY, schedule: undefined, retention };
  one.world.clock.advance(60 * 86_400);
  await expire();
  const { client: s3, bucket, clock } = one.world;
  const archive = new ArchiveBucket(s3, bucket, new AbortController().signal);
  await acceptDrift({ manager: 'm1', snapshot: one.nights[2] ?? '' }, { archive, clock });
  expect((await one.reconcile({ storageOnly: true })).kinds).toEqual(['WrongTag']);
  one.world.clock.advance(86_400);
  expect((await one.reconcile({ storageOnly: true })).kinds).toEqual([]);
  one.world.clock.advance(3 * 86_400);
  expect((await one.reconcile({ storageOnly: true })).kinds).toEqual(['OverdueArchive']);
});

test('of a rate a single missing night is found, whenever it is looked at', async () => {
  await begin(0);
  one.rules = { ...NIGHTLY, schedule: 'rate(1 day)' };
  for (let night = 0; night < 6; night++) await one.night();
  const missing = one.skip();
  for (let night = 0; night < 3; night++) await one.night();
  one.till(10);
  const found = async () => (await one.reconcile({ storageOnly: true })).report.findings.map(({ about }) => about);
  expect(await found()).toEqual([missing]);
});

test('the scheduler may be as late as its flexible window, and four hours', async () => {
  await begin(3);
  one.rules = { ...one.rules, flexibleMinutes: 600 };
  const missing = one.skip();
  const found = async (hours: number) => {
    one.world.clock.advance(hours * 3600);
    return (await one.reconcile({ storageOnly: true })).report.findings.map(({ about }) => about);
  };
  expect(await found(13)).toEqual([]);
  expect(await found(2)).toEqual([missing]);
});

test('an export by hand without the configuration of the bucket lets nothing go that it holds', async () => {
  await begin(0);
  one.rules = { ...NIGHTLY, schedule: undefined, retention: { ...retention, held: 6 } };
  for (let night = 0; night < 6; night++) await one.night();
  one.world.clock.advance(60 * 86_400);
  await one.night({ parts: { rulesOf: await rulesFrom({ bucket: 'theirs' }) } });
  const tags = async () => await Promise.all(one.nights.map((_, night) => one.tagOf(one.keys(night).archive)));
  expect(await tags()).toEqual(one.nights.map(() => 'held'));
  // In a folder, of which nobody has another one, the defaults are the rules.
  await one.night({ parts: { rulesOf: await rulesFrom({}) } });
  expect((await tags()).slice(4)).toEqual(['daily', 'held', 'held', 'held']);
});

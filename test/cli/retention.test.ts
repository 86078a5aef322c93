import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectLegalHoldCommand,
  GetObjectTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { main } from '../../lib/cli/main.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { FELL, manifestOf, markOf } from '../support/manifests.ts';
import { signing } from '../support/signing.ts';
import { World } from '../support/world.ts';

let world: World;
let dir: string;
/** A bucket and a manager of its own for each test. */
let bucket: string;
let count = 0;

beforeAll(async () => {
  world = await World.start();
  dir = await mkdtemp(join(tmpdir(), 'offsite-retention-'));
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  count += 1;
  bucket = `retention-${count}`;
  await world.client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: count % 2 === 0 }));
});

const DAY = 86_400;

/** So many good nights until yesterday; gives their snapshots. Every object is tagged as a night would leave it. */
async function nights(many: number, odd: Record<number, 'flagged' | 'damaged'> = {}): Promise<string[]> {
  const ids: string[] = [];
  world.clock.advance(-many * DAY);
  for (let night = 0; night < many; night++) {
    const id = snapshotIdAt(world.clock.now());
    const keys = keysOf('m1', id);
    const versionId = (await put(keys.archive, 'x'.repeat(1024))).VersionId ?? '';
    const flags = odd[night] === 'flagged' ? { flags: FELL } : {};
    const manifest = manifestOf('m1', id, { ready: world.clock.now().toISOString(), versionId, size: 1024, ...flags });
    await put(keys.inspection, '{}');
    await put(keys.manifest, JSON.stringify(manifest));
    if (odd[night] === 'damaged') await put(keys.mark, JSON.stringify(markOf('m1', id, versionId, true)));
    ids.push(id);
    world.clock.advance(DAY);
  }
  return ids;
}

const put = (Key: string, Body: string) => world.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));

async function offsite(line: string) {
  let [out, err] = ['', ''];
  const code = await main(`${line} --local --bucket ${bucket} --s3-endpoint ${world.s3.url}`.split(' '), {
    out: { write: (text: string) => (out += text) },
    err: { write: (text: string) => (err += text) },
    interrupt: new AbortController().signal,
    signing,
    clock: world.clock,
  });
  return { code, out, err };
}

async function config(retention: object): Promise<string> {
  const file = join(dir, `${Math.random()}.json`);
  await writeFile(file, JSON.stringify({ managers: [{ id: 'm1' }], retention }));
  return file;
}

async function tagsOf(id: string): Promise<string[]> {
  const keys = keysOf('m1', id);
  const tags = [keys.archive, keys.manifest, keys.inspection].map(async (Key) => {
    const { TagSet = [] } = await world.client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key }));
    return TagSet.map(({ Key: name, Value }) => `${name}=${Value}`)
      .sort()
      .join(' ');
  });
  return [...new Set(await Promise.all(tags))];
}

const holdsOf = async (id: string) => {
  const holds = [keysOf('m1', id).archive, keysOf('m1', id).manifest].map(
    async (Key) => (await world.client.send(new GetObjectLegalHoldCommand({ Bucket: bucket, Key }))).LegalHold?.Status,
  );
  return await Promise.all(holds);
};

describe('offsite retention plan', () => {
  test('says what each archive is, why, when it goes, and what a month costs', async () => {
    // 2026-11-12 to 2026-11-21; it is the 22nd, 02:00.
    const ids = await nights(10, { 7: 'flagged', 3: 'damaged' });
    const { code, out } = await offsite('retention plan --manager m1');
    expect(code).toBe(0);
    const row = (id: string | undefined) =>
      out
        .split('\n')
        .find((line) => line.startsWith(`${id} `))
        ?.replaceAll(/ {2,}/g, ' | ');
    expect(out).toMatch(/^Plan +of manager m1 in s3:\/\/retention-1, for 2026-11-22 02:00 UTC; nothing is changed\n/);
    expect(out).toMatch(
      /no further archive until then\n.*3 protected; 35 days daily.*the defaults; no configuration was given/,
    );
    expect(row(ids[9])).toMatch(
      /^\S+ \| 1.0 KiB \| good \| held \| - \| - \| STANDARD \| the newest of 3 valid archives/,
    );
    expect(row(ids[7])).toMatch(
      /\| flagged \| held \| - \| - \|.*its content is odd, and newer than the valid ones: protected/,
    );
    expect(row(ids[6])).toMatch(/\| good \| held \|.*the 3rd newest of 3/);
    // 12 November: a Thursday, and the first of everything. 2557 days are over on 2033-11-12, at 02:00; then midnight.
    expect(row(ids[0])).toMatch(
      /\| yearly \| 2033-11-06 \| 2033-11-13 \| STANDARD \| .*the first of the year 2026: 2557 days/,
    );
    expect(row(ids[3])).toMatch(/\| damaged \| daily \| 2026-12-14 \| 2026-12-21 \|/);
    expect(row(ids[4])).toMatch(
      /\| good \| weekly \| 2027-02-09 \| 2027-02-16 \| .*the first of the week 2026-W47: 91 days/,
    );
    // The prices of S3 are not those of another store.
    expect(out).toMatch(/\nSum +10.0 KiB\n$/);
  });

  test('for a later time: what is gone by then, what moved, with and without further nights', async () => {
    const ids = await nights(10);
    const plan = async (flags: string) =>
      JSON.parse((await offsite(`retention plan --manager m1 --json ${flags}`)).out);
    const idle = await plan('--at 2027-06-01');
    // Only held ones, and the yearly one.
    expect(idle.archives.map((one: { snapshot: string }) => one.snapshot)).toEqual([ids[0], ...ids.slice(7)]);
    expect(idle.archives[0]).toMatchObject({ expire: 'yearly', storageClass: 'GLACIER_IR' });
    expect(idle.gone).toEqual(ids.slice(1, 7));
    const busy = await plan('--at 2027-06-01 --nightly');
    expect(
      busy.archives
        .filter((one: { isFuture: boolean }) => !one.isFuture)
        .map((one: { snapshot: string }) => one.snapshot),
    ).toEqual([ids[0]]);
    const by = Map.groupBy(busy.archives as { expire: string }[], ({ expire }) => expire);
    const counts = Object.fromEntries([...by].map(([name, list]) => [name, list.length]));
    // Monthly: December and February to May. Weekly: Mondays from 8 March to 24 May. Daily: from 27 April to 28 May, but
    // for four Mondays and the first.
    expect(counts).toEqual({ yearly: 2, monthly: 5, weekly: 12, daily: 27, held: 3 });
  });

  test('docs/reference/retention-plan.md explains every field of its JSON', async () => {
    await nights(2);
    const plan = JSON.parse((await offsite('retention plan --manager m1 --held 1 --json')).out);
    const text = await readFile(new URL('../../docs/reference/retention-plan.md', import.meta.url), 'utf8');
    const explained = new Set([...text.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const fields = [plan, plan.archives[0], plan.changed, plan.changed.archives[0]].flatMap(Object.keys);
    expect(fields.filter((name) => !explained.has(name))).toEqual([]);
  });

  test('what a changed configuration would make of it', async () => {
    const ids = await nights(6);
    const now = await config({ held: 2 });
    const { out } = await offsite(`retention plan --manager m1 --config ${now} --held 1 --daily 9`);
    expect(out).not.toMatch(/the defaults/);
    expect(out).toMatch(/\nChanged +1 protected; 9 days daily/);
    expect(
      out
        .split('\nChanged')[1]
        ?.split('\n')
        .filter((line) => line.startsWith('offsite-')),
    ).toEqual([
      expect.stringMatching(
        /^offsite-20261117\S+ +daily, soft-deleted 2026-12-16, deleted 2026-12-23 +daily, soft-deleted 2026-11-23, deleted 2026-11-30$/,
      ),
      expect.stringMatching(/^offsite-20261118/),
      expect.stringMatching(/^offsite-20261119/),
      expect.stringMatching(/^offsite-20261120\S+ +held +daily, soft-deleted 2026-11-23, deleted 2026-11-30$/),
    ]);
    const file = join(dir, 'retention.json');
    await writeFile(file, JSON.stringify({ held: 1 }));
    const { changed } = JSON.parse((await offsite(`retention plan --manager m1 --changed ${file} --json`)).out);
    expect(changed.policy.held).toBe(1);
    expect(changed.archives.map((one: { snapshot: string }) => one.snapshot)).toEqual(ids.slice(3, 5));
    const { out: same } = await offsite('retention plan --manager m1 --held 3');
    expect(same).toMatch(/The change affects no archive/);
  });

  test('of a manager without archives, and with a manifest that nobody can read', async () => {
    await put(keysOf('m1', 'offsite-20261101T000000Z').manifest, '{');
    const { code, out, err } = await offsite('retention plan --manager m1');
    expect([code, out]).toEqual([0, expect.stringMatching(/There are no archives then\./)]);
    expect(err).toMatch(/is not JSON.*keeps the tag that it has\.\n$/);
  });

  test.each([
    ['retention', /Missing required argument 'ACTION'\. See: offsite retention --help/],
    ['retention paln', /Allowed choices are plan, expire/],
    [
      'retention expire --manager m1',
      /--manager is for retention plan\. retention expire has no such option: it does what is due for every/,
    ],
    ['retention expire --held 5', /--held is for retention plan/],
    ['retention expire --at 2030-01-01', /--at is for retention plan/],
    ['retention plan --manager m1 --yes', /--yes is for retention expire: retention plan changes nothing/],
    ['retention plan', /--manager/],
    ['retention plan --manager m1 --at yesterday', /--at yesterday: is no date/],
    ['retention plan --manager m1 --at 2020-01-01', /--at must be now or later \(got 2020-01-01 00:00 UTC\)/],
    ['retention plan --manager m1 --daily 500', /days\.weekly: must not be fewer/],
    ['retention plan --manager m1 --held 0', /--held 0/],
    ['retention plan --manager m1 --changed nowhere.json', /nowhere\.json cannot be read/],
    ['keep --manager m1 offsite-20261101T000000Z', /--until DATE or --forever/],
    [
      'keep --manager m1 offsite-20261101T000000Z --forever --until 2030-01-01',
      /'--until <DATE>' cannot be used with option '--forever'/,
    ],
    [
      'keep --manager m1 offsite-20261101T000000Z --until 2020-01-01',
      /--until must be in the future \(got 2020-01-01 00:00 UTC\)/,
    ],
    ['keep --manager m1 --forever', /Missing required argument 'ARCHIVE'/],
    ['unkeep offsite-20261101T000000Z', /--manager/],
  ])('%s: exit code 2, and what to do', async (line, why) => {
    expect(await offsite(line)).toEqual({ code: 2, out: '', err: expect.stringMatching(why) });
  });
});

describe('offsite retention expire, of a folder', () => {
  const folder = async (line: string, now: Date) => {
    let out = '';
    let err = '';
    const code = await main(`retention expire --local --from ${join(dir, 'folder')} ${line}`.trim().split(' '), {
      out: { write: (text: string) => (out += text) },
      err: { write: (text: string) => (err += text) },
      interrupt: new AbortController().signal,
      signing,
      clock: { ...world.clock, now: () => now },
    });
    expect(err).toMatch(/^offsite: no configuration was given \(--config FILE\): days are those of the defaults\.\n$/);
    return { code, out };
  };

  test('hides what is due and removes it later, not without --yes; held archives stay', async () => {
    const s3 = await startLocalS3({ dir: join(dir, 'folder'), now: () => new Date('2026-11-01T02:00:00Z') });
    const client = s3Client({ ...s3.access, endpoint: s3.url });
    await client.send(new CreateBucketCommand({ Bucket: 'offsite' }));
    for (const [name, tag] of [
      ['old', 'daily'],
      ['last', 'held'],
      ['new', ''],
    ] as const) {
      for (const Key of [`archives/m1/${name}.zip`, `manifests/m1/${name}.json`]) {
        const Tagging = tag === '' ? {} : { Tagging: `expire=${tag}` };
        await client.send(new PutObjectCommand({ Bucket: 'offsite', Key, Body: 'bytes', ...Tagging }));
      }
    }
    client.destroy();
    await s3.close();
    const [early, due] = ['2026-11-29T23:59:00Z', '2026-11-30T00:01:00Z'].map((time) => new Date(time)) as [Date, Date];
    expect(await folder('--yes', early)).toEqual({ code: 0, out: expect.stringMatching(/^Nothing in .* is due/) });
    const would = await folder('', due);
    expect(would.out).toMatch(
      /nothing was changed, add --yes.*\n {2}hide archives\/m1\/old\.zip \(5 B\)\n {2}and of records and markers: 1\n$/,
    );
    expect((await folder('', due)).out).toBe(would.out);
    expect((await folder('--yes', due)).out).toMatch(/^Done in .*\n {2}hide archives\/m1\/old\.zip/);
    // The marker is of the wall clock's day, as the folder's server has no other one.
    const later = new Date(Date.now() + 9 * DAY * 1000);
    expect((await folder('--yes', later)).out).toMatch(/remove for good archives\/m1\/old\.zip \(5 B\)/);
    expect((await folder('--yes', later)).out).toMatch(/remove the marker of archives\/m1\/old\.zip/);
    expect((await folder('--yes', new Date('2126-01-01T00:00:00Z'))).out).toMatch(/^Nothing/);
    expect(await readdir(join(dir, 'folder/offsite/archives/m1'))).toEqual(['last.zip', 'new.zip']);
  });

  test('a bucket is not expired by defaults: exit code 2', async () => {
    expect(await offsite('retention expire')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/add --config FILE/),
    });
  });
});

describe('offsite keep and unkeep', () => {
  test('for ever: tags and, with Object Lock, legal holds; ended again, with everything that was there before', async () => {
    const ids = await nights(6);
    const [id = ''] = ids.slice(1);
    const { archive: Key } = keysOf('m1', id);
    const TagSet = [
      { Key: 'team', Value: 'a b' },
      { Key: 'expire', Value: 'daily' },
    ];
    await world.client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key, Tagging: { TagSet } }));
    const kept = await offsite(`keep --manager m1 ${id} --forever --reason audit`);
    const isLocked = count % 2 === 0;
    expect(kept).toEqual({
      ...{ code: 0, err: '' },
      out: expect.stringMatching(
        isLocked ? /^Protected for ever.*A legal hold/ : /^Protected for ever.*no Object Lock/,
      ),
    });
    expect(await tagsOf(id)).toEqual(['expire=kept team=a b', 'expire=kept']);
    if (isLocked) expect(await holdsOf(id)).toEqual(['ON', 'ON']);
    expect((await offsite('retention plan --manager m1')).out).toMatch(
      new RegExp(`${id} .* kept +- .*kept for ever: audit`),
    );

    const file = await config({ held: 2 });
    const dry = await offsite(`unkeep --manager m1 ${id} --config ${file}`);
    expect(dry.out).toMatch(
      /Would no longer be kept.*is daily then: daily \(2026-11-17\): 35 days; S3 hides it on 2026-12-16.*add --yes/,
    );
    expect(await tagsOf(id)).toEqual(['expire=kept team=a b', 'expire=kept']);

    const done = await offsite(`unkeep --manager m1 ${id} --config ${file} --yes`);
    expect(done.out).toMatch(/^No longer kept\..*is daily then/);
    expect(await tagsOf(id)).toEqual(['expire=daily team=a b', 'expire=daily']);
    if (isLocked) expect(await holdsOf(id)).toEqual(['OFF', 'OFF']);
    expect((await offsite(`unkeep --manager m1 ${id} --yes`)).out).toMatch(/^No user protects/);
  });

  test('until a date; without the rules of the bucket it is left to the next run', async () => {
    const [id = ''] = await nights(6);
    const kept = JSON.parse((await offsite(`keep --manager m1 ${id} --until 2027-01-31 --json`)).out);
    expect(kept).toMatchObject({ outcome: 'kept', snapshot: id, until: '2027-01-31T00:00:00.000Z' });
    const { out } = await offsite(`unkeep --manager m1 ${id} --yes`);
    expect(out).toMatch(/by the default rules.*set, and legal holds released, by the next run of retention/);
    expect(await tagsOf(id)).toEqual(['expire=kept']);
  });

  test('an archive that is not there: exit code 1, and what there is', async () => {
    await nights(2);
    for (const command of ['keep --forever', 'unkeep']) {
      const { code, err } = await offsite(`${command} --manager m1 offsite-20200101T000000Z`);
      expect([code, err]).toEqual([1, expect.stringMatching(/^offsite: ArchiveNotFound: Manager m1 has no archive/)]);
    }
  });
});

test('the same of an installation in AWS, which is found by its name', async () => {
  const installed = await DeployedWorld.start();
  try {
    const id = snapshotIdAt(installed.clock.now());
    const keys = keysOf('m1', id);
    await installed.put(keys.archive, 'bytes');
    await installed.put(keys.inspection, {});
    const archive = new ArchiveBucket(installed.client, 'offsite', new AbortController().signal);
    const { versionId = null, size = 0 } = (await archive.head(keys.archive)) ?? {};
    await installed.put(
      keys.manifest,
      manifestOf('m1', id, { ready: installed.clock.now().toISOString(), versionId, size }),
    );
    const plan = await installed.offsite('retention plan --manager m1');
    expect(plan).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`s3://offsite.*\n[^]*${id} .* held .* 0\\.0000 `)),
    });
    expect(plan.out).toMatch(/\nSum .* 0.00 USD a month \(list prices of us-east-1, \d{4}-\d\d, storage alone\)\n$/);
    expect((await installed.offsite(`keep ${id} --manager m1 --forever`)).out).toMatch(/^Protected for ever/);
    expect((await archive.protection.tagsOf({ key: keys.archive, versionId }))?.tags).toEqual({ expire: 'kept' });
    expect((await installed.offsite(`unkeep ${id} --manager m1`)).out).toMatch(/Nothing was changed: add --yes/);
    // By the cdk.json in this folder, which is of an installation of that name.
    const ended = await installed.offsite(`unkeep ${id} --manager m1 --yes`);
    expect(ended.out).toMatch(/^No longer kept\. \S+ is held then: the newest of 3/);
    expect((await archive.protection.tagsOf({ key: keys.archive, versionId }))?.tags).toEqual({ expire: 'held' });
  } finally {
    await installed.stop();
  }
});

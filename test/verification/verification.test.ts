import { rm, truncate, writeFile } from 'node:fs/promises';
import { DeleteObjectCommand, GetObjectTaggingCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { keysOf } from '../../lib/storage/layout.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { canariesIn } from '../support/canary.ts';
import { everythingSeen } from '../support/invariants.ts';
import { VerifyWorld } from '../support/verify-world.ts';

let one: VerifyWorld | undefined;
afterEach(async () => {
  await one?.world.stop();
  one = undefined;
});

async function begin(nights: number): Promise<VerifyWorld> {
  one = await VerifyWorld.start(nights);
  return one;
}

test('all is whole: every byte is read, each archive is marked, one message, and nothing else has changed', async () => {
  const { world, snapshots } = await begin(3);
  const before = await one?.fingerprint();
  const result = await one?.verify();
  expect(result?.outcome).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'succeeded', error: null } });
  const { report, published } = result as NonNullable<typeof result>;
  expect(report?.counts).toEqual({ good: 3, damaged: 0, unread: 0, expired: 0, left: 0, cold: 0, known: 3 });
  const sizes = (await world.manifests()).map(({ verification }) => verification.bytes);
  expect(report?.bytes).toBe(sizes.reduce((a, b) => a + b, 0));
  expect(published.map(({ subject }) => subject)).toEqual(['cloudify-offsite: verification of m1 succeeded']);
  expect(await one?.marks()).toEqual(['sound', 'sound', 'sound']);
  const mark = await one?.mark(snapshots[0] ?? '');
  const [manifest] = await world.manifests();
  expect(mark).toMatchObject({ versionId: manifest?.archive.versionId, execution: result?.execution });
  expect(await one?.fingerprint()).toEqual(before);
  expect(canariesIn(await everythingSeen(world, []))).toEqual([]);
});

/** What can happen to an archive that is stored, and what it is called. */
const DAMAGE: readonly (readonly [string, RegExp, (one: VerifyWorld, snapshot: string) => Promise<unknown>])[] = [
  ['one bit has flipped', /MemberCorrupt/, (one, snapshot) => one.flip(snapshot)],
  ['it was cut short', /ChecksumMismatch/, (one, snapshot) => truncate(one.fileOf(snapshot), 100_000)],
  ['its file is gone', /ArchiveGone/, (one, snapshot) => rm(one.fileOf(snapshot))],
  [
    'the version was removed',
    /ArchiveGone/,
    async ({ world }, snapshot) => {
      const archive = (await world.manifests()).find((m) => m.snapshot.id === snapshot)?.archive;
      const at = { Bucket: world.bucket, Key: archive?.key, VersionId: archive?.versionId ?? undefined };
      await world.client.send(new DeleteObjectCommand(at));
    },
  ],
  [
    'its directory was overwritten with zeros',
    /ArchiveTruncated/,
    async (one, snapshot) => {
      const bytes = await one.world.bytes(keysOf('m1', snapshot).archive);
      await writeFile(one.fileOf(snapshot), bytes.fill(0, bytes.length - 60));
    },
  ],
  [
    'the bytes are another file',
    /NotAnArchive/,
    async (one, snapshot) => {
      const { length } = await one.world.bytes(keysOf('m1', snapshot).archive);
      await writeFile(one.fileOf(snapshot), Buffer.alloc(length, '<html>'));
    },
  ],
];

describe.each(DAMAGE)('%s', (_, error, harm) => {
  test('the one is marked and named, the others are found whole, the execution fails', async () => {
    const { snapshots } = await begin(3);
    const [first, second = '', third] = snapshots;
    await harm(one as VerifyWorld, second);
    const result = await one?.verify();
    expect(result?.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
    const { cause = '' } = (result?.outcome ?? {}) as { cause?: string };
    expect(cause).toMatch(/^1 of 3 archives is damaged: archives\/m1\//);
    expect(cause).toContain(second);
    expect(cause).not.toContain(first);
    expect(cause).not.toContain(third);
    expect(cause).toMatch(/[.]$/);
    expect(await one?.marks()).toEqual(['sound', 'damaged', 'sound']);
    const mark = await one?.mark(second);
    expect(mark?.error).toMatch(error);
    expect(mark?.message).toContain(second);
    expect(result?.report?.damaged).toEqual([{ archive: `m1/${second}`, error: mark?.error, message: mark?.message }]);
    expect(result?.published).toHaveLength(1);
    expect(result?.published[0]?.subject).toBe('cloudify-offsite: verification of m1 found 1 damaged');
  });
});

test('a new version on top of an archive is no damage: the version of the manifest is the one that is read', async () => {
  const { world, snapshots } = await begin(1);
  await world.client.send(
    new PutObjectCommand({ Bucket: world.bucket, Key: keysOf('m1', snapshots[0] ?? '').archive, Body: 'other' }),
  );
  expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
});

describe('what says nothing about the bytes never marks an archive damaged', () => {
  const archives = { operation: 'GetObject', key: /^archives\// } as const;

  test.each([
    ['storage that does not answer for hours', storageForEver(archives, 'internalError'), /StorageUnavailable/],
    ['access denied', storageForEver(archives, 'accessDenied'), /StorageRefused/],
    [
      'access denied to HEAD',
      storageForEver({ ...archives, operation: 'HeadObject' }, 'accessDenied'),
      /StorageRefused/,
    ],
    ['bodies that end early, always', storageForEver(archives, 'truncateRead'), /StorageUnavailable/],
    [
      'a manifest that cannot be read just now',
      storageForEver({ operation: 'GetObject', key: /^manifests\//, step: 'InspectStored' }, 'internalError'),
      /StorageUnavailable/,
    ],
    [
      'a mark that cannot be written',
      storageForEver({ operation: 'PutObject', key: /^marks\// }, 'internalError'),
      /StorageUnavailable/,
    ],
  ])('%s: the execution fails, and says that nobody knows', async (_, broken, error) => {
    const { world } = await begin(2);
    const breakage = broken(world);
    const result = await one?.verify();
    expect(breakage.hits()).toBeGreaterThan(0);
    await breakage.mend();
    expect(result?.outcome).toMatchObject({
      status: 'FAILED',
      error: 'VerificationIncomplete',
      cause: expect.stringMatching(/^2 of 2 archives could not be read, so it is not known whether they are intact/),
    });
    expect(result?.report?.unread.map((bad) => bad.error).join()).toMatch(error);
    expect(await one?.marks()).toEqual([undefined, undefined]);
    expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
  });

  test('an archive that is damaged stays so while nobody can read it', async () => {
    const { world, snapshots } = await begin(1);
    await one?.flip(snapshots[0] ?? '');
    await one?.verify();
    const breakage = storageForEver(archives, 'accessDenied')(world);
    expect((await one?.verify())?.outcome).toMatchObject({ error: 'VerificationIncomplete' });
    await breakage.mend();
    expect(await one?.marks()).toEqual(['damaged']);
  });

  test('SlowDown, then 500, then a reset connection: tried again, and all is well', async () => {
    const { world } = await begin(2);
    const breakage = storage(archives, 'slowDown', 'internalError', 'resetBefore', 'truncateRead')(world);
    expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
    expect(breakage.hits()).toBe(4);
  });
});

test.each(['InspectStored', 'VerifySpan'] as const)(
  'a bit that flips on its way to %s, once, condemns no archive: it is read again before the mark is written',
  async (step) => {
    one = await VerifyWorld.start(1);
    const flips = storage({ operation: 'GetObject', step, key: /^archives/ }, 'corruptRead')(one.world);
    const { outcome, report } = await one.verify();
    expect(flips.hits()).toBe(1);
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: 'SUCCEEDED' });
    expect(report?.counts).toMatchObject({ good: 1, damaged: 0, unread: 0 });
    expect(await one.marks()).toEqual(['sound']);
  },
);

test('damaged ones are read again each time, whatever the sample; once one is mended its mark is taken back', async () => {
  const { world, snapshots } = await begin(4);
  const [first = ''] = snapshots;
  const bytes = await world.bytes(keysOf('m1', first).archive);
  await one?.flip(first);
  await one?.verify();
  world.sleepTillTomorrow();
  const again = await one?.verify({ manager: 'm1', sample: 1 });
  expect(again?.report?.counts).toMatchObject({ damaged: 1, good: 1 });
  await writeFile((one as VerifyWorld).fileOf(first), bytes);
  world.sleepTillTomorrow();
  expect((await one?.verify({ manager: 'm1', sample: 1 }))?.outcome.status).toBe('SUCCEEDED');
  expect(await one?.marks()).toEqual(['sound', 'sound', 'sound', 'sound']);
  expect(await one?.mark(first)).not.toHaveProperty('error');
});

test('a sample of 30 per cent reads every archive within four runs, the longest unread first, new ones in between', async () => {
  await begin(7);
  const seen: string[][] = [];
  for (let run = 0; run < 4; run++) {
    const before = await Promise.all((one as VerifyWorld).snapshots.map((s) => one?.mark(s)));
    const result = await one?.verify({ manager: 'm1', sample: 30 });
    expect(result?.outcome.status).toBe('SUCCEEDED');
    const after = await Promise.all((one as VerifyWorld).snapshots.map((s) => one?.mark(s)));
    seen.push((one as VerifyWorld).snapshots.filter((_, i) => before[i]?.checkedAt !== after[i]?.checkedAt));
    await one?.sleep();
  }
  const first = (one as VerifyWorld).snapshots.slice(0, 7);
  expect(seen.flat()).toEqual(expect.arrayContaining(first));
  expect(seen.map(({ length }) => length)).toEqual([3, 3, 3, 3]);
  expect(seen[0]).toEqual(first.slice(0, 3));
  expect(seen[1]).toEqual(first.slice(3, 6));
});

test('without a manager: those of every one that has archives, and no secret of any is read', async () => {
  const { world } = await begin(1);
  world.sleepTillTomorrow();
  await world.run({ input: { manager: 'm2', scheduledTime: world.clock.now().toISOString() } });
  const unreadable = { secret: { endpoints: [], username: '', password: '' } } as never;
  const result = await one?.verify({}, { parts: unreadable });
  expect(result?.report).toMatchObject({ outcome: 'succeeded', manager: null, counts: { good: 2, known: 2 } });
  expect(result?.published[0]?.subject).toBe('cloudify-offsite: verification of all managers succeeded');
});

test('one archive, by its id and as the newest', async () => {
  const { snapshots } = await begin(3);
  expect((await one?.verify({ manager: 'm1', archive: snapshots[1] }))?.report?.counts).toMatchObject({ good: 1 });
  expect(await one?.marks()).toEqual([undefined, 'sound', undefined]);
  expect((await one?.verify({ manager: 'm1', archive: 'latest' }))?.report?.counts).toMatchObject({ good: 1 });
  expect(await one?.marks()).toEqual([undefined, 'sound', 'sound']);
});

test('an empty bucket is no failure for the schedule, and no success for who names a manager', async () => {
  await begin(0);
  expect((await one?.verify({}))?.report).toMatchObject({ outcome: 'succeeded', counts: { known: 0 } });
  const named = await one?.verify({ manager: 'm1' });
  expect(named?.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveNotFound' });
  expect(named?.published).toHaveLength(1);
});

test.each<[unknown, string, RegExp]>([
  [{ manager: 'M1' }, 'InvalidInput', /: manager: must be/],
  [{ archive: 'latest' }, 'InvalidInput', /: archive: needs a manager/],
  [{ manager: 'm1', sample: 0 }, 'InvalidInput', /: sample: /],
  [{ manager: 'm1', sample: 101 }, 'InvalidInput', /: sample: /],
  [{ manager: 'm1', sample: 10, all: true }, 'InvalidInput', /: all: must not be given together with sample/],
  [{ manager: 'm1', everything: true }, 'InvalidInput', /everything/],
  ['all', 'InvalidInput', /input/],
  [
    { manager: 'm1', archive: 'offsite-20200101T000000Z' },
    'ArchiveNotFound',
    /offsite-20200101T000000Z.*Its newest is/,
  ],
])('%j: %s, and it says what is wrong', async (input, error, says) => {
  await begin(1);
  const result = await one?.verify(input);
  expect(result?.outcome).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(says) });
  expect(result?.published).toHaveLength(1);
  expect(await one?.marks()).toEqual([undefined]);
});

describe('the inspection of the export', () => {
  test.each<[string, (text: string) => string | undefined]>([
    ['is gone', () => undefined],
    ['is of another version of this software', (text) => text.replace('inspection/1', 'inspection/9')],
    ['is of another version of the archive', (text) => text.replace(/"versionId": "[^"]+"/, '"versionId": "other"')],
    ['is no JSON', () => 'PK'],
  ])('%s: it is made anew', async (_, change) => {
    const { world, snapshots } = await begin(1);
    const key = keysOf('m1', snapshots[0] ?? '').inspection;
    const text = await world.text(key);
    const changed = change(text);
    if (changed === undefined) await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key: key }));
    else await world.put(key, changed);
    expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
    expect(await world.text(key)).toBe(text);
    // Or no rule would ever remove it.
    const { TagSet } = await world.client.send(new GetObjectTaggingCommand({ Bucket: world.bucket, Key: key }));
    expect(TagSet).toEqual([{ Key: 'expire', Value: 'held' }]);
  });

  test('is left alone when it says the same: a new version would be without its tag', async () => {
    const { world, snapshots } = await begin(1);
    const breakage = storageForEver({ operation: 'PutObject', key: /^inspections\// }, 'accessDenied')(world);
    expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
    expect(breakage.hits()).toBe(0);
    expect(await one?.mark(snapshots[0] ?? '')).toBeDefined();
  });

  test('was cut for larger functions: it is cut for these', async () => {
    await begin(1);
    const settings = { ...(one as VerifyWorld).world.settings, verifySpanSize: 20_000 };
    const result = await one?.verify({ manager: 'm1', all: true }, { parts: { settings } });
    expect(result?.outcome.status).toBe('SUCCEEDED');
    const spans = result?.events.filter((e) => e.type === 'StateEntered' && e.state?.name === 'VerifySpan');
    expect(spans?.length).toBeGreaterThan(5);
  });

  test('of several spans, and one bit that no member covers: damaged, once the second reading says the same', async () => {
    const { world, snapshots } = await begin(1);
    const [snapshot = ''] = snapshots;
    const bytes = await world.bytes(keysOf('m1', snapshot).archive);
    const mode = bytes.lastIndexOf('PK\x01\x02') + 41;
    bytes[mode] = (bytes[mode] ?? 0) ^ 1;
    await writeFile((one as VerifyWorld).fileOf(snapshot), bytes);
    const settings = { ...world.settings, verifySpanSize: 20_000 };
    const result = await one?.verify({ manager: 'm1', all: true }, { parts: { settings } });
    expect(result?.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
    expect(result?.report?.damaged).toMatchObject([{ error: 'ChecksumMismatch' }]);
    expect(await one?.mark(snapshot)).toMatchObject({ result: 'damaged', error: 'ChecksumMismatch' });
  });

  test('is replaced by another verification in the middle: not verified, and not damaged either', async () => {
    const { world, snapshots } = await begin(1);
    const key = keysOf('m1', snapshots[0] ?? '').inspection;
    const other = JSON.parse(await world.text(key));
    const [first, ...rest] = other.spans;
    const before = async (step: string, call: number) => {
      if (step === 'VerifySpan' && call === 2)
        await world.put(key, JSON.stringify({ ...other, spans: [first, first, ...rest] }));
    };
    const result = await one?.verify(undefined, { before });
    expect(result?.outcome).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(await one?.marks()).toEqual([undefined]);
  });
});

test('retention removes an archive after it was chosen: that is no damage', async () => {
  const { world, snapshots } = await begin(2);
  const [oldest] = await world.manifests();
  const keys = keysOf('m1', snapshots[0] ?? '');
  const before = async (step: string, call: number) => {
    if (step !== 'InspectStored' || call !== 1) return;
    const at = { Bucket: world.bucket, Key: keys.archive, VersionId: oldest?.archive.versionId ?? undefined };
    await world.client.send(new DeleteObjectCommand(at));
    await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key: keys.manifest }));
  };
  const result = await one?.verify(undefined, { before });
  expect(result?.outcome.status).toBe('SUCCEEDED');
  expect(result?.report?.counts).toMatchObject({ good: 1, expired: 1 });
  expect(await one?.mark(snapshots[0] ?? '')).toBeUndefined();
});

test.each(
  (['SelectArchives', 'InspectStored', 'VerifySpan', 'MarkArchive', 'ReportVerification'] as const).flatMap((step) =>
    (['before', 'after'] as const).map((when) => [step, when] as const),
  ),
)('killed at %s, %s it: nothing is false then, and the next one does all of it', async (step, when) => {
  const { snapshots } = await begin(2);
  await one?.flip(snapshots[1] ?? '');
  const dead = await one?.verify(undefined, { kill: { step, when } });
  expect(dead?.outcome).toMatchObject({ status: 'FAILED', error: 'ExecutionAbortedError' });
  const [first, second] = (await one?.marks()) ?? [];
  expect(first ?? 'sound').toBe('sound');
  expect(second ?? 'damaged').toBe('damaged');
  expect((await one?.verify())?.outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
  expect(await one?.marks()).toEqual(['sound', 'damaged']);
});

test('a snapshot on the manager stays while its off-site copy is damaged: it may be the only good one', async () => {
  const { world, snapshots } = await begin(2);
  const [first = ''] = snapshots;
  await one?.flip(first);
  await one?.verify();
  await one?.sleep();
  await one?.sleep();
  const onManager = world.manager.state.snapshots.map(({ id }) => id);
  expect(onManager).toEqual(expect.arrayContaining([first]));
  // Those that are sound are pruned as ever: the newest two stay.
  expect(onManager).toHaveLength(3);
});

test('an archive that is gone before the days of its class are over is damage; after them it is none', async () => {
  const { world, snapshots } = await begin(5);
  const [, second = ''] = snapshots;
  const archive = (await world.manifests()).find((m) => m.snapshot.id === second)?.archive;
  const at = { Bucket: world.bucket, Key: archive?.key, VersionId: archive?.versionId ?? undefined };
  await world.client.send(new DeleteObjectCommand(at));
  expect((await one?.verify())?.report?.damaged).toMatchObject([{ archive: `m1/${second}`, error: 'ArchiveGone' }]);
  // A daily one goes out of sight after 28 days.
  world.clock.advance(30 * 86_400);
  expect((await one?.verify())?.outcome.status).toBe('SUCCEEDED');
});

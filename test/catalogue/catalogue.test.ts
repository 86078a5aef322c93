import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mapAtMost } from '../../lib/base/concurrency.ts';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { isDamaged, isFlagged, isGood, isKept, isRestorable } from '../../lib/catalogue/entry.ts';
import { fingerprintNow } from '../../lib/catalogue/list-records.ts';
import { newestOnly } from '../../lib/catalogue/newest.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { applyRetention } from '../../lib/retention/apply.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { FELL, keepOf, type ManifestFacts, manifestOf, markOf } from '../support/manifests.ts';
import { World } from '../support/world.ts';

let world: World;
let archive: ArchiveBucket;

beforeAll(async () => {
  world = await World.start();
  archive = new ArchiveBucket(world.client, world.bucket, new AbortController().signal);
});
afterAll(async () => await world.stop());

const night = (day: number) => `offsite-202611${String(day).padStart(2, '0')}T020000Z`;
const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T03:00:00.000Z`;

/** Puts an archive and its manifest there; gives the version. */
async function recorded(manager: string, day: number, facts: Partial<ManifestFacts> = {}): Promise<string> {
  const keys = keysOf(manager, night(day));
  const put = new PutObjectCommand({ Bucket: world.bucket, Key: keys.archive, Body: 'bytes' });
  const { VersionId: versionId = '' } = await world.client.send(put);
  const manifest = manifestOf(manager, night(day), { ready: at(day), versionId, ...facts });
  await world.put(keys.manifest, JSON.stringify(manifest));
  return versionId;
}

const ids = async (manager: string) =>
  (await readCatalogue(manager, { archive })).entries.map((e) => e.manifest.snapshot.id);

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('entries come in the order of their content, whatever their names and the time they were stored', async () => {
  await recorded('order', 12);
  await recorded('order', 11, { ready: at(20) });
  await recorded('order', 10);
  expect(await ids('order')).toEqual([night(10), night(12), night(11)]);
  expect(await ids('nobody')).toEqual([]);
});

test('of two managers of which one’s name begins the other’s, each has its own archives, and only its own are tagged', async () => {
  const own = await recorded('edge', 1);
  const other = await recorded('edge-a', 2);
  expect([await ids('edge'), await ids('edge-a')]).toEqual([[night(1)], [night(2)]]);
  const before = await fingerprintNow('edge', archive.records);
  await recorded('edge-a', 3);
  expect(await fingerprintNow('edge', archive.records)).toBe(before);
  await applyRetention('edge', { archive, clock: world.clock, rulesOf: () => defaultRules });
  const tagsOf = async (manager: string, day: number, versionId: string) =>
    (await archive.protection.tagsOf({ key: keysOf(manager, night(day)).archive, versionId }))?.tags;
  expect(await tagsOf('edge', 1, own)).toEqual({ expire: 'held' });
  expect(await tagsOf('edge-a', 2, other)).toEqual({});
});

test('what is good, restorable, kept: by the records beside the manifest', async () => {
  const day = (n: number) => keysOf('judged', night(n));
  await recorded('judged', 1);
  const sound = await recorded('judged', 2);
  await world.put(day(2).mark, JSON.stringify(markOf('judged', night(2), sound, false)));
  const damaged = await recorded('judged', 3);
  await world.put(day(3).mark, JSON.stringify(markOf('judged', night(3), damaged, true)));
  await recorded('judged', 4);
  await world.put(day(4).mark, JSON.stringify(markOf('judged', night(4), 'another version', true)));
  await recorded('judged', 5, { flags: FELL });
  await recorded('judged', 6, { versionId: 'gone' });
  await recorded('judged', 7, { size: 4 });
  await recorded('judged', 8);
  await world.put(day(8).mark, '{"schema":"cloudify-offsite/mark/9"}');
  await recorded('judged', 9);
  await world.put(day(9).keep, JSON.stringify(keepOf('judged', night(9), at(20))));
  await recorded('judged', 10);
  await world.put(day(10).keep, 'not JSON');
  const { entries } = await readCatalogue('judged', { archive });
  const daysWhere = (is: (entry: (typeof entries)[number]) => boolean) =>
    entries.flatMap((entry, index) => (is(entry) ? [index + 1] : []));
  expect(daysWhere(isGood)).toEqual([1, 2, 4, 9, 10]);
  expect(daysWhere(isRestorable)).toEqual([1, 2, 4, 5, 8, 9, 10]);
  expect(daysWhere(isDamaged)).toEqual([3]);
  expect(daysWhere(isFlagged)).toEqual([5]);
  expect(daysWhere((entry) => isKept(entry, new Date('2026-11-20T02:59:59Z')))).toEqual([9, 10]);
  expect(daysWhere((entry) => isKept(entry, new Date(at(20))))).toEqual([10]);
});

test('a manifest that cannot be read is told of, and hides no other', async () => {
  await recorded('torn', 1);
  await world.put(keysOf('torn', night(2)).manifest, '{');
  await world.put(keysOf('torn', night(3)).manifest, await world.text(keysOf('torn', night(1)).manifest));
  await world.put('manifests/torn/notes.json', '{}');
  await world.put('manifests/torn/2026/11/README.txt', 'nothing of ours');
  const { entries, unreadable } = await readCatalogue('torn', { archive });
  expect(entries.map((e) => e.manifest.snapshot.id)).toEqual([night(1)]);
  expect(unreadable).toMatchObject([
    { snapshot: night(2), why: expect.stringMatching(/is not JSON/) },
    { snapshot: night(3), why: expect.stringMatching(/is the manifest of offsite-20261101T020000Z of manager torn/) },
    { snapshot: 'notes', why: expect.stringMatching(/not a record that this version knows/) },
  ]);
});

test('of the newest, however few, the same is known as of all', async () => {
  const nights = [...range(1, 12).map((month) => `offsite-2026${String(month).padStart(2, '0')}15T020000Z`), 'by-hand'];
  for (const snapshot of nights) {
    const keys = keysOf('some', snapshot);
    const put = new PutObjectCommand({ Bucket: world.bucket, Key: keys.archive, Body: 'bytes' });
    const { VersionId: versionId = '' } = await world.client.send(put);
    await world.put(keys.manifest, JSON.stringify(manifestOf('some', snapshot, { ready: at(20), versionId })));
    await world.put(keys.mark, JSON.stringify(markOf('some', snapshot, versionId, true)));
    await world.put(keys.keep, JSON.stringify(keepOf('some', snapshot, null)));
    world.clock.advance(60);
  }
  const all = (await readCatalogue('some', { archive })).entries;
  expect(all.map((entry) => isDamaged(entry) && entry.stored !== null)).toEqual(Array(13).fill(true));
  for (const count of range(1, 13)) {
    const { entries } = await readCatalogue('some', { archive }, { choose: newestOnly(count) });
    const ids = new Set(entries.map(({ manifest }) => manifest.snapshot.id));
    expect(ids.size).toBeGreaterThanOrEqual(count);
    expect(entries).toEqual(all.filter(({ manifest }) => ids.has(manifest.snapshot.id)));
  }
});

test('an archive behind a delete marker is there, and since when it is hidden', async () => {
  const versionId = await recorded('hidden', 1);
  world.clock.advance(3600);
  await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key: keysOf('hidden', night(1)).archive }));
  const [entry] = (await readCatalogue('hidden', { archive })).entries;
  expect(entry?.stored).toMatchObject({ versionId, size: 5, storageClass: 'STANDARD', hiddenAt: world.clock.now() });
  expect(isGood(entry as never)).toBe(true);
});

test('versions of one key over the edge of a page, each with what took its place', async () => {
  const put = (Key: string) => world.client.send(new PutObjectCommand({ Bucket: world.bucket, Key, Body: 'a' }));
  await mapAtMost(20, range(1, 998), async (n) => await put(`archives/many/a-${n}.zip`));
  const times: Date[] = [];
  for (let n = 0; n < 5; n++) {
    world.clock.advance(1);
    times.push(world.clock.now());
    await put('archives/many/b.zip');
  }
  const found = (await archive.versions('archives/many/')).slice(998);
  expect(found.map(({ key }) => key)).toEqual(Array(5).fill('archives/many/b.zip'));
  expect(found.map(({ storedAt }) => storedAt)).toEqual([...times].reverse());
  expect(found.map(({ hiddenAt }) => hiddenAt)).toEqual([null, ...[...times].reverse().slice(0, -1)]);
});

test('the fingerprint changes with every record that comes, changes or goes', async () => {
  await recorded('print', 1);
  const seen = new Set([(await readCatalogue('print', { archive })).fingerprint]);
  expect(seen.has(await fingerprintNow('print', archive.records))).toBe(true);
  const { mark, keep } = keysOf('print', night(1));
  const changes = [
    () => world.put(mark, JSON.stringify(markOf('print', night(1), 'v', false))),
    () => world.put(mark, JSON.stringify(markOf('print', night(1), 'v', true))),
    () => world.put(keep, JSON.stringify(keepOf('print', night(1), null))),
    () => archive.records.remove(keep).then(() => world.put(keep, 'again')),
    () => recorded('print', 2),
  ];
  for (const change of changes) {
    await change();
    seen.add(await fingerprintNow('print', archive.records));
  }
  expect(seen.size).toBe(6);
});

test('files that somebody has named after a 13th month concern themselves alone', async () => {
  await recorded('calendar', 1);
  const none = 'offsite-20261301T000000Z';
  await world.put(`manifests/calendar/2026/13/${none}.json`, '{}');
  await world.put(`manifests/calendar/${none}.json`, '{}');
  await world.put(`marks/calendar/2026/13/${none}.json`, '{}');
  const { entries, unreadable } = await readCatalogue('calendar', { archive });
  expect(entries.map(({ manifest }) => manifest.snapshot.id)).toEqual([night(1)]);
  expect(unreadable).toMatchObject([{ snapshot: none, kind: 'manifest' }]);
});

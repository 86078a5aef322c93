import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectArchive } from '../../../functions/select-archive.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { findArchive } from '../../../lib/restore/choose/choose-archive.ts';
import { RestoreInput } from '../../../lib/restore/input.ts';
import { Selection } from '../../../lib/restore/state.ts';
import { lookInside } from '../../../lib/snapshot/inspect.ts';
import { marksLegacy } from '../../../lib/snapshot/metadata.ts';
import { ArchiveBucket } from '../../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../../lib/storage/layout.ts';
import { makeArchive } from '../../../simulator/archive/make-archive.ts';
import { FELL, type ManifestFacts, manifestOf, markOf } from '../../support/manifests.ts';
import { worldKey } from '../../support/signing.ts';
import { World } from '../../support/world.ts';

let world: World;
let store: ArchiveBucket;

beforeAll(async () => {
  world = await World.start();
  store = new ArchiveBucket(world.client, world.bucket, new AbortController().signal);
});

afterAll(async () => await world.stop());

/** An archive of some night with its manifest; the archive's bytes do not matter where only manifests are read. */
interface More extends Pick<ManifestFacts, 'size' | 'flags'> {
  readonly gone?: true;
  readonly damaged?: true;
}

async function archived(manager: string, id: string, ready: string, more: More = {}) {
  const keys = keysOf(manager, id);
  if (!more.gone) await world.put(keys.archive, 'bytes');
  const versionId = (await store.head(keys.archive))?.versionId ?? 'null';
  const { size = 5, flags } = more;
  const facts = { ready, versionId, size, ...(flags ? { flags } : {}) };
  await world.put(keys.manifest, JSON.stringify(manifestOf(manager, id, facts)));
  if (more.damaged) await world.put(keys.mark, JSON.stringify(markOf(manager, id, versionId, true)));
}

const night = (day: number) => `offsite-202611${String(day).padStart(2, '0')}T020000Z`;
const morning = (day: number, hour = '03') => `2026-11-${String(day).padStart(2, '0')}T${hour}:00:00.000Z`;
const find = async (input: object) => {
  const { manifest, notes, passedOver } = await findArchive(RestoreInput.parse(input), {
    archive: store,
    clock: world.clock,
  });
  return { id: manifest.snapshot.id, notes, passedOver };
};

describe('a bucket that was put back whole, as a machine meets it that has never seen it', () => {
  const hours = (alarmAfterHours: number | undefined) => ({
    archive: store,
    clock: { now: () => new Date(morning(20)) },
    rulesOf: () => ({ alarmAfterHours }),
  });
  const notesOf = async (alarmAfterHours: number | undefined, more = {}) =>
    (await findArchive(RestoreInput.parse({ manager: 'back', ...more }), hours(alarmAfterHours))).notes;

  test('the newest archive is older than the configuration allows', async () => {
    await archived('back', night(10), morning(10));
    await archived('back', night(11), morning(11));
    expect(await notesOf(26)).toEqual([
      'The newest archive of manager back is 9 days old, and the configuration allows 26 h. It has no index, with 2 archives. Either its exports have failed since, or newer archives and records were removed: compare with the notifications of its last runs before you restore.',
    ]);
    const head = {
      schema: 'cloudify-offsite/index-head/1',
      manager: 'back',
      sequence: 412,
      at: morning(11),
      pages: {},
    };
    await world.put('indexes/back/head.json', JSON.stringify(head));
    expect((await notesOf(26)).join()).toMatch(
      / Number 412 of its index, of 2026-11-11T03:00:00\.000Z, is the last one here/,
    );
  });
  test.each<[string, number | undefined, object]>([
    ['it is young enough', 9 * 24, {}],
    ['nothing says how old it may be', undefined, {}],
    ['an old one was wanted', 26, { archive: { asOf: morning(19) } }],
    ['it was named', 26, { archive: night(11) }],
  ])('nothing is said where %s', async (_, alarmAfterHours, more) => {
    expect(await notesOf(alarmAfterHours, more)).toEqual([]);
  });
});

describe('the newest one', () => {
  test('is the one that was finished last, whatever its name says', async () => {
    await archived('by-time', night(10), morning(10));
    await archived('by-time', night(12), morning(12));
    // The 11th, run by hand two days late.
    await archived('by-time', night(11), morning(13));
    expect(await find({ manager: 'by-time' })).toEqual({ id: night(11), notes: [], passedOver: [] });
    expect(await find({ manager: 'by-time', archive: 'latest' })).toEqual({ id: night(11), notes: [], passedOver: [] });
  });

  test('is found among more than 20 by the time it was recorded, when its name is old', async () => {
    for (let day = 2; day <= 26; day++) await archived('late', night(day), morning(day));
    world.clock.advance(60);
    await archived('late', night(1), morning(28));
    expect((await find({ manager: 'late' })).id).toBe(night(1));
  });

  test('of another manager, when the input says so', async () => {
    await archived('origin', night(10), morning(10));
    expect((await find({ manager: 'by-time', sourceManager: 'origin' })).id).toBe(night(10));
  });

  test('whose archive is there, where others may be passed over: that is said', async () => {
    await archived('holes', night(10), morning(10));
    await archived('holes', night(11), morning(11), { gone: true });
    // Another object than the one that was verified.
    await archived('holes', night(12), morning(12), { size: 6 });
    await world.put(keysOf('holes', night(13)).manifest, '{"schema":"of another time"}');
    const { id, notes, passedOver } = await find({ manager: 'holes', skipDamaged: true });
    expect(id).toBe(night(10));
    expect(notes).toEqual([
      `Passed over: ${night(11)} has a manifest but no archive any more.`,
      `Passed over: ${night(12)} has another size in storage than its manifest says.`,
      `Passed over: ${night(13)} has a manifest that cannot be read.`,
    ]);
    expect(passedOver).toEqual([
      { snapshot: night(12), error: 'ArchiveDamaged' },
      { snapshot: night(11), error: 'ArchiveGone' },
    ]);
    const message = `The newest archive of manager holes, ${night(12)}, cannot be restored: ${keysOf('holes', night(12)).archive} in bucket offsite does not have the 6 bytes that were verified. Nor can ${night(11)}. The next valid archive is ${night(10)}, finished ${morning(10)}, 11 days old: run the same restore with --archive ${night(10)} ("archive": "${night(10)}" in the input of an execution), or add --skip-damaged ("skipDamaged": true in the input of an execution).`;
    await expect(find({ manager: 'holes' })).rejects.toMatchObject({ name: 'ArchiveDamaged', message });
  });

  test('is replaced by another version of the same object: that is not the verified one', async () => {
    await archived('replaced', night(10), morning(10));
    await archived('replaced', night(11), morning(11));
    const { archive: key } = keysOf('replaced', night(11));
    const versionId = (await store.head(key))?.versionId ?? '';
    await world.put(key, 'other');
    expect((await find({ manager: 'replaced' })).id, 'the verified version is there, behind another one').toBe(
      night(11),
    );
    await store.removeUnrecorded(key, versionId);
    await expect(find({ manager: 'replaced' })).rejects.toMatchObject({
      name: 'ArchiveGone',
      message: expect.stringMatching(/has another version of archives\/replaced\S+ than the verified/),
    });
    expect((await find({ manager: 'replaced', skipDamaged: true })).id).toBe(night(10));
  });

  test('is not taken from a manifest that was copied to another place', async () => {
    await archived('copies', night(10), morning(10));
    const text = await world.text(keysOf('by-time', night(12)).manifest);
    await world.put(keysOf('copies', night(12)).manifest, text);
    await expect(find({ manager: 'copies' })).rejects.toMatchObject({
      name: 'RecordForged',
      message: expect.stringMatching(/of manager by-time: .*The next valid archive is offsite-20261110/),
    });
    expect((await find({ manager: 'copies', skipDamaged: true })).id).toBe(night(10));
  });

  test('is never one that a scrub found damaged', async () => {
    await archived('rotten', night(10), morning(10));
    await archived('rotten', night(11), morning(11), { damaged: true });
    await archived('rotten', night(12), morning(12), { damaged: true });
    const notes = [`Passed over: ${night(12)}, ${night(11)} were found damaged by a verification.`];
    const skipDamaged = true;
    expect(await find({ manager: 'rotten', skipDamaged })).toMatchObject({ id: night(10), notes });
    const asOf = { manager: 'rotten', archive: { asOf: morning(11) } };
    expect(await find({ ...asOf, skipDamaged })).toMatchObject({ id: night(10) });
    const refused = (message: RegExp) => ({ name: 'ArchiveDamaged', message: expect.stringMatching(message) });
    const says = (id: string) =>
      new RegExp(
        `rotten, ${id}, cannot be restored: a verification found it damaged.*next valid archive is ${night(10)}`,
      );
    await expect(find({ manager: 'rotten' })).rejects.toMatchObject(refused(says(night(12))));
    await expect(find(asOf)).rejects.toMatchObject(refused(says(night(11))));
    await archived('all-rotten', night(12), morning(12), { damaged: true });
    await expect(find({ manager: 'all-rotten' })).rejects.toMatchObject(
      refused(/There is no other archive of manager all-rotten/),
    );
    await expect(find({ manager: 'all-rotten', skipDamaged })).rejects.toMatchObject({ name: 'ArchiveDamaged' });
  });

  test('is also one whose content is odd, and that is said', async () => {
    await archived('odd', night(10), morning(10));
    await archived('odd', night(11), morning(11), { flags: FELL });
    const { id, notes } = await find({ manager: 'odd' });
    expect([id, notes]).toEqual([night(11), [expect.stringMatching(/is odd.*deployments from 40 to 2\./)]]);
  });

  test('is found behind 20 whose archives retention has removed', async () => {
    await archived('sparse', night(1), morning(1));
    for (let day = 2; day <= 25; day++) await archived('sparse', night(day), morning(day), { gone: true });
    const { id, notes } = await find({ manager: 'sparse', skipDamaged: true });
    expect(id).toBe(night(1));
    expect(notes).toEqual([
      `Passed over: ${night(25)}, ${night(24)}, ${night(23)} and 21 more have manifests but no archives any more.`,
    ]);
  });
});

describe('by a time', () => {
  test.each([
    [morning(12, '03'), night(12)],
    ['2026-11-12T02:59:59.000Z', night(10)],
    ['2026-11-12T05:00:00+02:00', night(12)],
    ['2026-11-12T04:59:59+02:00', night(10)],
    [morning(13, '02'), night(12)],
    [morning(13, '03'), night(11)],
    ['2030-01-01T00:00:00Z', night(11)],
  ])('%s gives what was finished at or before it', async (asOf, expected) => {
    expect((await find({ manager: 'by-time', archive: { asOf } })).id).toBe(expected);
  });

  test('a night whose name is later than the time counts when it was finished before', async () => {
    await archived('ahead', night(10), morning(10));
    await archived('ahead', night(20), morning(12));
    expect((await find({ manager: 'ahead', archive: { asOf: morning(13) } })).id).toBe(night(20));
  });

  test('before all of them there is none, and it says what there is', async () => {
    await expect(find({ manager: 'by-time', archive: { asOf: '2026-11-01T00:00:00Z' } })).rejects.toMatchObject({
      name: 'ArchiveNotFound',
      message: `Manager by-time has no verified archive that was finished by 2026-11-01T00:00:00.000Z in bucket offsite. There are 3 manifests, from ${night(10)} to ${night(12)}.`,
    });
  });
});

describe('by its id', () => {
  test('a damaged one, and what is wrong with it', async () => {
    const { id, notes } = await find({ manager: 'rotten', archive: night(12) });
    expect([id, notes]).toEqual([
      night(12),
      [expect.stringMatching(/found this archive damaged on 2026-11-22T12.*MemberCorrupt.*pg_data/)],
    ]);
  });

  test('exactly that one', async () => {
    expect((await find({ manager: 'by-time', archive: night(10) })).id).toBe(night(10));
  });

  test.each([
    ['unknown', night(9), 'ArchiveNotFound', /has no verified archive offsite-20261109T020000Z.*There are 4 manifests/],
    [
      'gone',
      night(11),
      'ArchiveGone',
      /offsite-20261111T020000Z of manager holes cannot be restored: bucket offsite has no archives.* any more.*another archive.*next valid archive is offsite-20261110T020000Z, finished 2026-11-10T03:00:00.000Z, 11 days old: run the same restore with --archive offsite-20261110T020000Z \("archive": "offsite-20261110T020000Z" in the input of an execution\)\.$/,
    ],
    ['not a manifest', night(13), 'RecordConflict', /is not a record that this version knows/],
  ])('%s: refused by name', async (_, archive, name, message) => {
    await expect(find({ manager: 'holes', archive })).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });
});

test('a manager without any archive: it says so, and where they come from', async () => {
  await expect(find({ manager: 'nobody' })).rejects.toMatchObject({
    name: 'ArchiveNotFound',
    message:
      'Manager nobody has no verified archive in bucket offsite. It has none at all: nothing was exported from nobody yet, or under another name ("sourceManager").',
  });
});

test('Ledger.list gives all pages in order, with their times', async () => {
  const keys = Array.from({ length: 1003 }, (_, n) => `many/${String(n).padStart(4, '0')}.json`);
  await Promise.all(keys.map((key) => world.put(key, '{}')));
  const listed = await store.records.list('many/');
  expect(listed).toHaveLength(1003);
  expect(listed[1002]).toEqual({
    ...{ key: 'many/1002.json', lastModified: world.clock.now() },
    etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
  });
  expect(await store.records.list('none/')).toEqual([]);
});

test('Ledger.write of an entry that is replaced, or gone, by now writes nothing and says so', async () => {
  const { records } = store;
  expect(await records.write('word/a.json', 1, 'absent')).toBe(true);
  const first = { etag: (await records.list('word/'))[0]?.etag ?? '' };
  expect(await records.write('word/a.json', 2, first)).toBe(true);
  expect(await records.write('word/a.json', 3, first)).toBe(false);
  await records.remove('word/a.json');
  expect(await records.write('word/a.json', 4, first)).toBe(false);
  expect(await records.list('word/')).toEqual([]);
});

describe('SelectArchive', () => {
  const run = { manager: 'm1' } as never;

  test('takes everything from the manifest of a real export, and looks into its metadata', async () => {
    const real = await World.start();
    const { outcome } = await real.run();
    expect(outcome.status).toBe('SUCCEEDED');
    const [manifest] = await real.manifests();
    const deps = localDeps(real.parts(new AbortController().signal));
    const selection = Selection.parse(await selectArchive.run({ input: { manager: 'm1' }, run }, deps));
    await Promise.all([deps.close(), real.stop()]);
    expect(selection).toEqual({
      from: 'bucket',
      signature: { state: 'signed', key: worldKey.fingerprint, known: 'trusted' },
      ...{ named: false, maySkip: false, next: null, passedOver: [] },
      sourceTag: null,
      manager: 'm1',
      snapshot: manifest?.snapshot.id,
      key: manifest?.archive.key,
      versionId: manifest?.archive.versionId,
      size: manifest?.archive.size,
      crc32: manifest?.archive.crc32,
      format: 'new',
      snapshotVersion: '7.0.5',
      marksLegacy: false,
      memberCount: manifest?.snapshot.memberCount,
      totals: manifest?.inventory.totals,
      takenAt: manifest?.times.snapshotReady,
      creationSeconds: expect.any(Number),
      notes: [],
    });
    expect(selection.creationSeconds).toBeGreaterThanOrEqual(5);
    expect(selection.creationSeconds).toBeLessThan(60);
  });
});

describe('what a manager of 7.x takes for a legacy archive', () => {
  test.each([
    ['legacy', 'premium', true],
    ['legacy', 'community', false],
    ['new', 'premium', false],
  ] as const)('%s, %s: %s', async (format, edition, expected) => {
    const source = makeArchive({ format, edition, version: '6.4.2', sizeBytes: 50_000 });
    let reads = 0;
    const counted = {
      size: source.size,
      read: (start: number, length: number) => {
        reads += 1;
        return source.read(start, length);
      },
    };
    const { metadata } = await lookInside(counted, 'a');
    expect(metadata.snapshotVersion).toBe('6.4.2');
    expect(marksLegacy(metadata)).toBe(expected);
    expect(reads).toBeLessThan(4);
  });
});

test('a signed URL gives one version to who has it, by ranges, until its time is over', async () => {
  await world.put('signed.zip', 'abcdefgh');
  const versionId = (await store.head('signed.zip'))?.versionId ?? '';
  const url = await store.presign('signed.zip', versionId, 600, world.clock.now());
  const read = async (headers: Record<string, string> = {}) => await fetch(url, { headers });
  expect(await (await read()).text()).toBe('abcdefgh');
  const part = await read({ range: 'bytes=2-3' });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, 'cd', 'bytes 2-3/8']);
  expect((await fetch(url.replace(/X-Amz-[^&]*&?/g, ''))).status).toBe(403);
  world.clock.advance(601);
  expect((await read()).status).toBe(403);
});

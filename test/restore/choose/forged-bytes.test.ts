import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { s3Client } from '../../../lib/storage/s3-client.ts';
import { withOtherBytes } from '../../support/forged-bytes.ts';
import { LACKS, startLesserStore } from '../../support/lesser-store.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../../support/restore-world.ts';
import { signedText } from '../../support/signing.ts';

/** Where nothing pins the bytes of an archive, whoever may write can replace them, CRC-32 and all. */
const FOLDER: RestoreWorldOptions = { pinsVersions: false, source: { archive: { sizeBytes: 200_000, seed: 7 } } };

const stopping: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
});

async function begin(options = FOLDER): Promise<RestoreWorld> {
  const both = await RestoreWorld.start(options);
  stopping.push(() => both.stop());
  return both;
}

/** Changes the file in the folder. The embedded S3 still says of it what it said. */
async function forge({ world }: RestoreWorld): Promise<void> {
  const key = (await world.files('archives')).sort().at(-1) ?? '';
  const [genuine, path] = [await world.bytes(key), join(world.dir, world.bucket, key)];
  const forged = await withOtherBytes(genuine);
  expect(forged.equals(genuine)).toBe(false);
  expect([forged.length, crc32(forged)]).toEqual([genuine.length, crc32(genuine)]);
  await writeFile(path, forged);
}

const manifestOf = async ({ world }: RestoreWorld) => (await world.manifests()).at(-1);
const putByManager = ({ target }: RestoreWorld) => target.requests.filter(({ method }) => method === 'PUT');

test('the manifest has the SHA-256 of ranges that are the whole archive, directory included', async () => {
  const both = await begin();
  const { archive } = (await manifestOf(both)) ?? expect.fail();
  const bytes = await both.world.bytes(archive.key);
  let start = 0;
  const sums = (archive.ranges ?? []).map(({ end }) => {
    const sha256 = createHash('sha256').update(bytes.subarray(start, end)).digest('base64');
    start = end;
    return { end, sha256 };
  });
  expect(sums.length).toBeGreaterThan(1);
  expect(sums.at(-1)?.end).toBe(bytes.length);
  expect(archive.ranges).toEqual(sums);
});

test('where a version pins the bytes, nothing is summed', async () => {
  const both = await begin({ source: FOLDER.source ?? {} });
  expect((await manifestOf(both))?.archive).not.toHaveProperty('ranges');
});

describe('an archive whose bytes were replaced, with their CRC-32', () => {
  test('is damaged by the word of a verification', async () => {
    const both = await begin();
    const verify = async () => await both.world.run({ machine: 'verify', input: { manager: 'm1', all: true } });
    expect((await verify()).outcome).toMatchObject({ status: 'SUCCEEDED' });
    await forge(both);
    const { outcome, output } = await verify();
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
    expect(output).toMatch(/are not those that were verified: their SHA-256 is/);
    const [mark = ''] = await both.world.files('marks');
    expect(JSON.parse(await both.world.text(mark))).toMatchObject({ result: 'damaged', error: 'ChecksumMismatch' });
  });

  test('reaches no manager by URL', async () => {
    const both = await begin();
    await forge(both);
    const { outcome } = await both.restore({ method: 'url' });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged', cause: /ChecksumMismatch/ });
    expect(putByManager(both)).toEqual([]);
  });

  test('is never whole on a manager by stream', async () => {
    const both = await begin();
    await forge(both);
    const { outcome } = await both.restore({ method: 'stream' });
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged', cause: /have the SHA-256/ });
    expect(both.target.state.snapshots).toEqual([]);
    expect(both.target.requests.filter(({ path }) => path.endsWith('/restore'))).toEqual([]);
  });

  test.each(['url', 'stream'])('is passed over if the input lets it be, by %s', async (method) => {
    const both = await begin();
    const older = (await manifestOf(both))?.snapshot.id;
    const newest = await both.export();
    await forge(both);
    const { restoreReport } = await both.restore({ method, skipDamaged: true });
    expect(restoreReport).toMatchObject({ outcome: 'succeeded', archive: { snapshot: older } });
    expect(restoreReport?.notes.join('\n')).toContain(newest);
  });
});

test('a manifest that was replaced after it was selected is not believed', async () => {
  const both = await begin();
  const [key = ''] = await both.world.files('manifests');
  const before = async (step: string) => {
    if (step !== 'CompareSpan') return;
    const manifest = JSON.parse(await both.world.text(key)) as { archive: { ranges: unknown[] } };
    const { ranges, ...archive } = manifest.archive;
    await both.world.put(key, await signedText(key, { ...manifest, archive: { ...archive, ranges: ranges.slice(1) } }));
  };
  const { outcome } = await both.restore({ method: 'url' }, { before });
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'RecordConflict', cause: /was replaced meanwhile/ });
  expect(putByManager(both)).toEqual([]);
});

test.each(['url', 'stream'])('a manifest from before is restored as it was, by %s, and verified', async (method) => {
  const both = await begin();
  const [key = ''] = await both.world.files('manifests');
  const manifest = JSON.parse(await both.world.text(key)) as { archive: object };
  const archive = { ...manifest.archive, ranges: undefined };
  await both.world.put(key, await signedText(key, { ...manifest, archive }));
  expect((await both.restore({ method })).outcome).toMatchObject({ status: 'SUCCEEDED' });
  const verified = await both.world.run({ machine: 'verify', input: { manager: 'm1', all: true } });
  expect(verified.outcome).toMatchObject({ status: 'SUCCEEDED' });
});

test.each(['url', 'stream'])('a genuine archive with its ranges is restored by %s', async (method) => {
  const both = await begin();
  expect((await both.restore({ method })).outcome).toMatchObject({ status: 'SUCCEEDED' });
});

test('in a store that names no versions the same holds', async () => {
  const both = await begin({ source: FOLDER.source ?? {} });
  const store = await startLesserStore(both.world.s3.url, LACKS['names no versions, and has no list of them']);
  const s3 = s3Client({ ...both.world.s3.access, endpoint: store.url, maxAttempts: 1 });
  stopping.push(
    () => store.close(),
    () => s3.destroy(),
  );
  const parts = { s3, secret: both.sourceSecret };
  both.world.clock.advance(3600);
  const made = await both.world.run({ scheduledTime: both.world.clock.now().toISOString(), parts });
  expect(made.outcome).toMatchObject({ status: 'SUCCEEDED' });
  const [newest] = (await both.world.manifests()).filter(({ archive }) => archive.versionId === null);
  expect(newest?.archive.ranges?.length).toBeGreaterThan(0);
  await forge(both);
  const archive = newest?.snapshot.id;
  const { outcome } = await both.restore({ archive, method: 'stream' }, { parts: { s3 } });
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'ArchiveDamaged' });
});

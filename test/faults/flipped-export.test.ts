import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { type Flip, startFlippingProxy } from '../support/flipping-proxy.ts';
import { World } from '../support/world.ts';
import { contentsOf } from '../support/zip-contents.ts';

interface Way {
  readonly way: string;
  readonly before: 'manager' | 'storage';
  readonly of: Flip['of'];
  readonly when: RegExp;
  /** What comes of a bit that is flipped once. */
  readonly once: RegExp;
}

/** Wherever bytes of an export travel. */
const WAYS: readonly Way[] = [
  {
    way: 'the archive from the manager',
    before: 'manager',
    of: 'answer',
    when: /^GET \/api\/v3\.1\/snapshots\/[^/]+\/archive/,
    once: /^(SUCCEEDED|MemberCorrupt|NotAnArchive|Archive\w+)$/,
  },
  { way: 'parts to storage', before: 'storage', of: 'request', when: /^PUT .*partNumber=/, once: /^SUCCEEDED$/ },
  {
    way: 'the archive that is read back',
    before: 'storage',
    of: 'answer',
    when: /^GET \/offsite\/archives\/(?!.*uploadId)/,
    once: /^SUCCEEDED$/,
  },
  {
    way: 'lists of parts from storage',
    before: 'storage',
    of: 'answer',
    when: /^GET \/offsite\/archives\/.*uploadId/,
    once: /^(SUCCEEDED|IncompleteTransfer|StorageRefused)$/,
  },
  {
    way: 'records to storage',
    before: 'storage',
    of: 'request',
    when: /^PUT \/offsite\/(manifests|inspections|runs)\//,
    once: /^SUCCEEDED$/,
  },
  {
    way: 'records from storage',
    before: 'storage',
    of: 'answer',
    when: /^GET \/offsite\/(manifests|inspections|runs)\//,
    once: /./,
  },
];
const PARTS = [0, 0.4, 0.98];
/** A failure that a person can act upon, and none of our own defects. */
const NAMED = /^(?!States|ContractViolation)[A-Z]\w+$/;

const worlds: World[] = [];
afterAll(async () => await Promise.all(worlds.map((world) => world.stop())));

/** One night in which the network flips bits. */
async function night(world: World, way: Way, part: number, times: number) {
  world.sleepTillTomorrow();
  const [managerUrl = ''] = world.secret.endpoints;
  const upstream = way.before === 'manager' ? managerUrl : world.s3.url;
  const proxy = await startFlippingProxy(upstream, { of: way.of, when: way.when, part, times });
  const s3 = s3Client({ ...world.s3.access, endpoint: proxy.url, maxAttempts: 1 });
  try {
    const secret = { ...world.secret, endpoints: [proxy.url] };
    const { outcome } = await world.run({ parts: way.before === 'manager' ? { secret } : { s3 } });
    expect(proxy.flipped(), 'a bit was flipped').toBeGreaterThan(0);
    return outcome.status === 'FAILED' ? outcome.error : outcome.status;
  } finally {
    s3.destroy();
    await proxy.close();
  }
}

/** The archive and the record of it, which nobody may take for good unless they are. */
async function checkNight(world: World, ended: string): Promise<void> {
  const manifest = (await world.manifests()).find(({ snapshot }) => snapshot.id === world.snapshotOfRun);
  if (ended !== 'SUCCEEDED') expect(ended).toMatch(NAMED);
  if (ended === 'SUCCEEDED') expect(manifest, 'a success has a manifest').toBeDefined();
  if (!manifest) return;
  const stored = await world.bytes(manifest.archive.key);
  expect(manifest.archive).toMatchObject({ size: stored.length, crc32: crc32ToBase64(crc32(stored)) });
  const file = world.manager.state.files.get(world.snapshotOfRun);
  if (!file) throw new Error('The manager has no such snapshot any more.');
  const made = await buffer(await file.source.read(0, file.source.size));
  expect(await contentsOf(stored), 'what the manager has made, file by file').toEqual(await contentsOf(made));
}

describe.each(WAYS)('a bit flips on the way of $way', (way) => {
  test.each([
    ['once', 1],
    ['each time', Number.POSITIVE_INFINITY],
  ])('%s: never a success with wrong bytes', async (_, times) => {
    const world = await World.start();
    worlds.push(world);
    for (const part of PARTS) {
      const ended = await night(world, way, part, times);
      if (times === 1) expect(ended, `at ${part}`).toMatch(way.once);
      await checkNight(world, ended);
    }
  });
});

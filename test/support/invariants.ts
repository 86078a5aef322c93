import { createHash } from 'node:crypto';
import { GetObjectTaggingCommand, HeadObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { Manifest } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { canariesIn } from './canary.ts';
import type { RunResult, World } from './world.ts';

/** What must be true after every run, however it ended. `known`: snapshots whose archive was looked at before. */
export async function checkInvariants(
  world: World,
  results: readonly RunResult[],
  known: Known = new Map(),
): Promise<void> {
  expect(await openUploads(world), 'no upload is left open').toEqual([]);
  const manifests = await world.manifests();
  for (const manifest of manifests) if (!known.has(manifest.snapshot.id)) await checkManifest(world, manifest);
  const recorded = manifests.map((m) => m.archive.key).sort();
  expect((await world.files('archives')).sort(), 'no archive without a manifest').toEqual(recorded);
  expect(canariesIn(await everythingSeen(world, results)), 'no credential in any output').toEqual([]);
}

/** Fingerprints by snapshot. */
export type Known = ReadonlyMap<string, unknown>;

export async function openUploads(world: World): Promise<string[]> {
  const { Uploads = [] } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: world.bucket }));
  return Uploads.map((upload) => upload.Key ?? '');
}

/** The archive that a manifest vouches for is there, in that version, whole and held. */
async function checkManifest(world: World, manifest: Manifest): Promise<void> {
  const { key, versionId, size, crc32 } = manifest.archive;
  const at = { Bucket: world.bucket, Key: key, VersionId: versionId ?? undefined };
  const head = await world.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
  expect([head.ContentLength, head.ChecksumCRC32]).toEqual([size, crc32]);
  const { TagSet } = await world.client.send(new GetObjectTaggingCommand(at));
  expect(TagSet).toEqual([{ Key: 'expire', Value: 'held' }]);
  const { memberCount, compressedBytes } = manifest.snapshot;
  expect(manifest.verification.members, 'every member was verified').toBe(memberCount);
  expect(manifest.verification.bytes).toBeGreaterThan(compressedBytes);
  const { size: made, sha256 } = await world.manager.archiveDigest(manifest.snapshot.id).catch(() => fingerprintGone);
  if (sha256)
    expect([size, sha256Of(await world.bytes(key))], 'byte for byte what the manager made').toEqual([made, sha256]);
}

/** Pruned on the manager since: nothing to compare with. */
const fingerprintGone = { size: 0, sha256: '' };

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Everything that a person or a service could see: outcomes, history, messages, logs, records in the bucket. */
export async function everythingSeen(world: World, results: readonly RunResult[]): Promise<string> {
  const records = (await world.files('')).filter((key) => !key.startsWith('archives/'));
  const texts = await Promise.all(records.map(async (key) => `${key} ${await world.text(key)}`));
  return [...results.map((result) => result.output), ...texts, ...world.logs].join('\n');
}

/** What a person would see changed of one recorded night: manifest, version, bytes. */
export async function fingerprintOf(world: World, snapshot: string): Promise<unknown> {
  const keys = keysOf('m1', snapshot);
  const head = await world.client.send(new HeadObjectCommand({ Bucket: world.bucket, Key: keys.archive }));
  const [manifest, bytes] = [await world.text(keys.manifest), await world.bytes(keys.archive)];
  return { manifest, newestVersion: head.VersionId, sha256: sha256Of(bytes) };
}

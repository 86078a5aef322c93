import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../lib/catalogue/records.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { runReconcile } from '../../../lib/local/reconcile.ts';
import { listArchives } from '../../../lib/status/list-archives.ts';
import { managersIn } from '../../../lib/status/managers.ts';
import { ArchiveBucket } from '../../../lib/storage/archive-bucket.ts';
import { keysOf } from '../../../lib/storage/layout.ts';
import type { Sealing } from '../../../lib/storage/seal.ts';
import { RestoreWorld } from '../../support/restore-world.ts';
import { keyPair, sealWith, worldKey } from '../../support/signing.ts';

let both: RestoreWorld;
afterEach(async () => await both.stop());

interface Scene {
  readonly older: string;
  readonly newest: string;
}

/** Two nights of m1, and one of m9, whose archive somebody wants to see on m1. */
async function begin(): Promise<Scene> {
  both = await RestoreWorld.start({ source: { version: '7.0.5', createSeconds: 5, archive: { sizeBytes: 20_000 } } });
  const [older = ''] = (await both.world.manifests()).map(({ snapshot }) => snapshot.id);
  const newest = await both.export();
  const input = { manager: 'm9', scheduledTime: both.world.clock.now().toISOString() };
  const { scheduledTime } = input;
  const { outcome } = await both.world.run({ input, scheduledTime, parts: { secret: both.sourceSecret } });
  expect(outcome.status).toBe('SUCCEEDED');
  return { older, newest };
}

type Signed = Manifest & { signature?: unknown };
const read = async (key: string) => JSON.parse(await both.world.text(key)) as Signed;

/** Puts the archive of m9 over that of m1, as whoever may write to the bucket can. Gives the version that it is now. */
async function overwrite({ newest }: Scene): Promise<{ theirs: Signed; own: Signed; versionId: string }> {
  const { world } = both;
  const theirKeys = (await world.files('manifests')).filter((key) => key.startsWith('manifests/m9/'));
  const theirs = await read(theirKeys[0] ?? '');
  const { archive, manifest } = keysOf('m1', newest);
  const own = await read(manifest);
  await world.client.send(
    new PutObjectCommand({
      ...{ Bucket: world.bucket, Key: archive },
      Body: await world.bytes(theirs.archive.key),
    }),
  );
  const store = new ArchiveBucket(world.client, world.bucket, new AbortController().signal);
  return { theirs, own, versionId: (await store.head(archive))?.versionId ?? '' };
}

async function swapped(scene: Scene): Promise<Signed> {
  const { theirs, own, versionId } = await overwrite(scene);
  const { size, crc32, sourceEtag } = theirs.archive;
  return { ...own, archive: { ...own.archive, versionId, size, crc32, sourceEtag } };
}

const FORGERIES: Record<string, (scene: Scene) => Promise<Signed>> = {
  'all of another archive, with the name and the times of this one': async (scene) => {
    const { theirs, own, versionId } = await overwrite(scene);
    return {
      ...theirs,
      manager: { ...theirs.manager, id: own.manager.id },
      snapshot: { ...theirs.snapshot, id: own.snapshot.id },
      archive: { ...theirs.archive, key: own.archive.key, versionId },
      times: own.times,
      execution: own.execution,
    };
  },
  'version, size and checksums of another archive': swapped,
  'no signature, after the cut-over': async (scene) => {
    const { signature: _, ...bare } = await swapped(scene);
    return bare;
  },
  'the signature of a key that was put beside the archives': async (scene) => {
    const { world } = both;
    const bucket = new ArchiveBucket(world.client, world.bucket, new AbortController().signal);
    const seal = (await sealWith(keyPair()))(bucket.records);
    return (await seal.sign(keysOf('m1', scene.newest).manifest, await swapped(scene))) as Signed;
  },
};

/** As in a configuration: every record of these nights must be signed. */
const strict = async (): Promise<Sealing> =>
  await sealWith(worldKey, { requiredSince: new Date('2026-01-01T00:00:00Z') });

async function look(sealing: Sealing) {
  const { world } = both;
  const archive = new ArchiveBucket(world.client, world.bucket, new AbortController().signal, sealing);
  expect(await managersIn(archive.records)).toEqual(['m1', 'm9']);
  const listed = await listArchives({ manager: 'm1', last: undefined, now: world.clock.now() }, archive);
  const deps = localDeps({ ...world.parts(new AbortController().signal), sealing });
  const { findings } = await runReconcile({ manager: 'm1', dryRun: true, storageOnly: true }, deps);
  await deps.close();
  return { listed, findings };
}

describe.each(Object.entries(FORGERIES))('a manifest with %s', (_, forge) => {
  test.each([
    ['before any verification', false],
    ['after a verification', true],
  ])('is neither verified, restored nor silently passed over, %s', async (__, isVerified) => {
    const scene = await begin();
    const { newest, older } = scene;
    const { world } = both;
    const key = keysOf('m1', newest).manifest;
    await world.put(key, JSON.stringify(await forge(scene)));
    const parts = { sealing: await strict() };
    if (isVerified) {
      const verified = await world.run({ machine: 'verify', input: { manager: 'm1', all: true }, parts });
      expect(verified.outcome).toMatchObject({ status: 'FAILED', error: 'RecordForged' });
      expect(verified.report).toMatchObject({ notes: [expect.stringContaining(`The manifest ${key} `)] });
    }
    const { listed, findings } = await look(parts.sealing);
    expect(listed.entries.map(({ manifest }) => manifest.snapshot.id)).toEqual([older]);
    expect(listed.unreadable).toMatchObject([{ key, isForged: true }]);
    expect(findings.map(({ kind, about }) => `${kind} ${about}`)).toContainEqual(
      expect.stringMatching(`^(Forged|Unsigned)Record ${key}$`),
    );

    const named = await both.restore({ archive: newest }, { parts });
    expect(named.outcome).toMatchObject({ status: 'FAILED', error: 'RecordForged' });
    expect(both.target.requests.filter(({ method }) => method === 'PUT')).toEqual([]);

    const newestOne = await both.restore({}, { parts });
    expect(newestOne.outcome).toMatchObject({ status: 'FAILED', error: 'RecordForged' });
    expect(JSON.stringify(newestOne.restoreReport)).toContain(`The next valid archive is ${older}`);
    const latest = await both.restore({ skipDamaged: true }, { parts });
    expect(latest.restoreReport).toMatchObject({ outcome: 'succeeded', archive: { snapshot: older } });
    expect(latest.restoreReport?.notes).toContain(`Passed over: ${newest} has a FORGED manifest.`);
  });

  test('is restored when somebody insists, loudly, and the evidence says so', async () => {
    const scene = await begin();
    await both.world.put(keysOf('m1', scene.newest).manifest, JSON.stringify(await forge(scene)));
    const parts = { sealing: await strict() };
    const { restoreReport } = await both.restore({ acceptUnsigned: true }, { parts });
    expect(restoreReport).toMatchObject({ outcome: 'succeeded', archive: { snapshot: scene.newest } });
    expect(restoreReport?.notes.join('\n')).toMatch(/NOT GENUINE: the manifest of offsite-\w+ /);
    expect(await both.evidence()).toMatchObject([
      { options: { acceptUnsigned: true }, archive: { signature: { state: 'forged', key: null } } },
    ]);
  });
});

test('marks, keeps and acceptances that are forged loosen nothing', async () => {
  const { older, newest } = await begin();
  const { world } = both;
  const sealing = await strict();
  const { archive } = await read(keysOf('m1', newest).manifest);
  const common = { manager: 'm1', snapshot: newest };
  const at = world.clock.now().toISOString();
  const mark = { schema: 'cloudify-offsite/mark/1', ...common, versionId: archive.versionId, result: 'sound' };
  await world.put(keysOf('m1', newest).mark, JSON.stringify({ ...mark, checkedAt: at, execution: 'e' }));
  const keep = { schema: 'cloudify-offsite/keep/1', manager: 'm1', snapshot: older, until: at, at };
  await world.put(keysOf('m1', older).keep, JSON.stringify(keep));
  await world.put(keysOf('m1', newest).accept, JSON.stringify({ schema: 'cloudify-offsite/accept/1', ...common, at }));
  const { listed, findings } = await look(sealing);
  const [first, second] = listed.entries;
  expect(first?.unreadable).toMatchObject([{ kind: 'keep', isForged: true }]);
  expect(second).toMatchObject({ mark: null, accept: null, unreadable: [{ kind: 'mark' }, { kind: 'accept' }] });
  const forged = findings.filter(({ kind }) => kind === 'ForgedRecord').map(({ about }) => about);
  expect(forged.sort()).toEqual(
    [keysOf('m1', older).keep, keysOf('m1', newest).mark, keysOf('m1', newest).accept].sort(),
  );
});

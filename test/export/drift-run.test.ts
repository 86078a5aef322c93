import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import type { Metrics } from '../../lib/base/ports.ts';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { isGood } from '../../lib/catalogue/entry.ts';
import { main } from '../../lib/cli/main.ts';
import { localDeps } from '../../lib/local/deps.ts';
import type { ArchiveOptions } from '../../simulator/archive/make-archive.ts';
import { storageForEver } from '../support/breakages.ts';
import { signing } from '../support/signing.ts';
import { type RunResult, World } from '../support/world.ts';

/** What the manager holds, from the next night on. */
type Holds = { -readonly [K in keyof ArchiveOptions]: ArchiveOptions[K] };

const full = { inventory: { tenants: 4, users: 8 }, sizeBytes: 200_000 };
const afterAccident = { ...full, inventory: { tenants: 1, users: 8 } };

let world: World;
afterEach(async () => await world.stop());

async function begin(): Promise<Holds> {
  const holds: Holds = { ...full, seed: 7 };
  world = await World.start({ manager: { archive: holds } });
  return holds;
}

async function nights(count: number): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (let night = 0; night < count; night++) {
    world.sleepTillTomorrow();
    results.push(await world.run());
  }
  for (const { outcome } of results) expect(outcome.status, JSON.stringify(outcome)).toBe('SUCCEEDED');
  return results;
}

async function goodOnes(): Promise<boolean[]> {
  const deps = localDeps(world.parts(new AbortController().signal));
  const { entries } = await readCatalogue('m1', deps);
  await deps.close();
  return entries.map(isGood);
}

test('three tenants vanish: the archive is whole, told of in subject and notes, and is no good one', async () => {
  const holds = await begin();
  await nights(3);
  Object.assign(holds, afterAccident);
  const [result] = await nights(1);
  const [message] = result?.published ?? [];
  expect(message?.subject).toBe('cloudify-offsite: export of m1 succeeded, content fell');
  const { archive, notes } = result?.report ?? {};
  expect(archive?.flags).toEqual(
    expect.arrayContaining(['tenants from 4 to 1 (75 % less)', 'deployments from 24 to 6 (75 % less)']),
  );
  expect(notes?.join(' ')).toMatch(/^Less than in the archives before: tenants from 4 to 1 .* offsite accept offsite-/);
  const manifest = (await world.manifests()).find(({ snapshot }) => snapshot.id === world.snapshotOfRun);
  expect(manifest?.flags?.find(({ type }) => type === 'tenants')).toEqual({
    ...{ kind: 'drift', type: 'tenants', before: 4, now: 1, percent: 75 },
  });
  expect(await goodOnes()).toEqual([true, true, true, false]);
});

test('the size alone falls: that is seen as well', async () => {
  const holds = await begin();
  await nights(2);
  holds.sizeBytes = 80_000;
  const [result] = await nights(1);
  expect(result?.report?.archive?.flags).toEqual(['size from 200000 to 80000 (60 % less)']);
});

test('a usual night says nothing, and its metric is 0', async () => {
  await begin();
  await nights(1);
  const deps = localDeps(world.parts(new AbortController().signal));
  const numbers: unknown[] = [];
  const metrics: Metrics = { put: (...number) => void numbers.push(number) };
  const { reportRun } = await import('../../functions/report-run.ts');
  const record = await world.runRecord(world.snapshotOfRun);
  const run = { manager: 'm1', snapshot: world.snapshotOfRun, owner: record?.execution } as never;
  const execution = { id: record?.execution ?? '', startTime: world.clock.now().toISOString() };
  await reportRun.run({ outcome: 'succeeded', run, execution, prune: { kept: 1, deleted: 0 } }, { ...deps, metrics });
  await deps.close();
  expect(numbers).toContainEqual(['ContentDropped', 'Count', 0, 'm1']);
});

test('accepted at the command line: it is a good one from then on, and the next night is measured by it', async () => {
  const holds = await begin();
  await nights(3);
  Object.assign(holds, afterAccident);
  await nights(1);
  const flagged = world.snapshotOfRun;
  const offsite = async (...args: string[]) => {
    let out = '';
    const code = await main(['accept', ...args, '--local', '--bucket', 'offsite', '--s3-endpoint', world.s3.url], {
      out: { write: (text) => (out = text) },
      err: { write: (text) => (out = text) },
      ...{ interrupt: new AbortController().signal, signing, clock: world.clock },
    });
    return [code, out] as const;
  };
  process.env.AWS_REGION = 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID = 'local';
  process.env.AWS_SECRET_ACCESS_KEY = 'local';
  expect(await offsite(flagged)).toEqual([2, expect.stringContaining('No manager is named: add --manager NAME')]);
  expect(await offsite('--manager', 'm1')).toEqual([2, expect.stringContaining("Missing required argument 'ARCHIVE'")]);
  expect(await offsite('offsite-20200101T000000Z', '--manager', 'm1')).toEqual([
    1,
    expect.stringContaining('ArchiveNotFound'),
  ]);
  expect(await offsite(flagged, '--manager', 'm1', '--reason', 'retired')).toEqual([
    0,
    expect.stringMatching(
      /^Accepted: offsite-\S+ of manager m1, with tenants from 4 to 1 \(75 % less\), .*counts as a valid archive/,
    ),
  ]);
  expect(await offsite(flagged, '--manager', 'm1')).toEqual([0, expect.stringContaining('was accepted before')]);
  expect(await goodOnes()).toEqual([true, true, true, true]);
  const [result] = await nights(1);
  expect(result?.report?.archive?.flags).toEqual([]);
  expect(await offsite(world.snapshotOfRun, '--manager', 'm1')).toEqual([0, expect.stringContaining('Nothing is odd')]);
  expect(await world.files('accepts')).toHaveLength(1);
});

test('a store that lets us write and not list: a restore could not find the archive, so it is no backup', async () => {
  await begin();
  await nights(1);
  const refused = storageForEver({ operation: 'ListObjectVersions', step: 'RecordArchive' }, 'accessDenied')(world);
  world.sleepTillTomorrow();
  const { outcome } = await world.run();
  expect(refused.hits()).toBeGreaterThan(0);
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'StorageRefused' });
  expect(world.logs.join('\n')).toContain('The content could not be compared with earlier archives');
});

test('storage that answers again: the comparison is made, nothing is left out', async () => {
  const holds = await begin();
  await nights(2);
  Object.assign(holds, afterAccident);
  world.s3.faults.add({ operation: 'ListObjectVersions', kind: 'slowDown', times: 2 });
  const [result] = await nights(1);
  expect(world.s3.faults.pending).toBe(0);
  expect(result?.report?.archive?.flags.length).toBeGreaterThan(0);
});

test('however many flagged nights follow, the last three good archives are held all the while', async () => {
  const holds = await begin();
  await nights(3);
  Object.assign(holds, afterAccident);
  await nights(5);
  const tags = await Promise.all(
    (await world.manifests())
      .sort((a, b) => (a.snapshot.id < b.snapshot.id ? -1 : 1))
      .map(async ({ archive }) => {
        const at = { Bucket: world.bucket, Key: archive.key };
        const { TagSet } = await world.client.send(new GetObjectTaggingCommand(at));
        return TagSet?.find(({ Key }) => Key === 'expire')?.Value;
      }),
  );
  expect(tags.slice(0, 3)).toEqual(['held', 'held', 'held']);
});

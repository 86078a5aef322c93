import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { flipByte } from '../../folder-s3/service/faults.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { Manifest } from '../../lib/catalogue/records.ts';
import { FINDINGS } from '../../lib/reconcile/findings.ts';
import { ReconciliationRecord } from '../../lib/reconcile/record.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { keysOf, reconciliationOf } from '../../lib/storage/layout.ts';
import { manager } from '../support/breakages.ts';
import { canariesIn } from '../support/canary.ts';
import { expectSentence } from '../support/nights.ts';
import { NIGHTLY, ReconcileWorld } from '../support/reconcile-world.ts';
import { worldSealing } from '../support/signing.ts';

let one: ReconcileWorld;
afterEach(async () => await one.stop());

async function begin(nights: number): Promise<ReconcileWorld> {
  one = await ReconcileWorld.start(nights);
  return one;
}

test('healthy nights: nothing is found, nobody is told, the numbers are right', async () => {
  const { world } = await begin(4);
  one.till(10);
  const { report, subjects, metrics, kinds } = await one.reconcile();
  expect([kinds, subjects, report.outcome]).toEqual([[], [], 'clean']);
  expect(report.lookedAt).toMatchObject({ archives: 4, nights: 4, snapshots: 2 });
  const sizes = (await world.manifests()).sort(byName).map(({ archive }) => archive.size);
  const held = sizes.slice(-3).reduce((a, b) => a + b, 0);
  expect(metrics).toMatchObject({ MissingNights: 0, ReconcileFindings: 0, HeldBytes: held });
  expect(metrics.HoursSinceVerified).toBeCloseTo(8, 0);
  expect(metrics.ManagerBytes).toBeGreaterThan(sizes.reduce((a, b) => a + b, 0));
  // A run's record is written twice.
  expect(metrics.NoncurrentBytes).toBeGreaterThan(0);
});

test('how it ended is recorded, signed, for reports; a look that changes nothing leaves no record', async () => {
  const { world } = await begin(1);
  one.till(10);
  const { records } = new ArchiveBucket(world.client, world.bucket, new AbortController().signal, worldSealing);
  const recorded = async () => await records.read(reconciliationOf('m1'), ReconciliationRecord);
  await one.reconcile({ dryRun: true });
  expect(await recorded()).toBeUndefined();
  await one.reconcile();
  const clean = await recorded();
  expect(clean?.standing?.state).toBe('signed');
  expect(clean?.value).toMatchObject({
    outcome: 'clean',
    managerAsked: true,
    finishedAt: world.clock.now().toISOString(),
  });
  await hide(one, one.keys(0).manifest);
  const { report } = await one.reconcile({ storageOnly: true });
  const { outcome, counts, managerAsked, message } = (await recorded())?.value ?? {};
  expect([outcome, counts, managerAsked, message]).toEqual(['findings', report.counts, false, report.message]);
});

const byName = (a: Manifest, b: Manifest) => (a.snapshot.id < b.snapshot.id ? -1 : 1);

interface Planted {
  readonly nights?: number;
  /** Gives what the finding must be about. */
  readonly plant: (one: ReconcileWorld) => Promise<string> | string;
  readonly says: RegExp;
  /** What comes with it, as a consequence. */
  readonly also?: readonly string[];
  /** Before anything else is looked at. */
  readonly hour?: number;
}

const put = async ({ world }: ReconcileWorld, key: string, text = '{}') => {
  await world.put(key, text);
  return key;
};
const hide = async ({ world }: ReconcileWorld, key: string) => {
  await world.client.send(new DeleteObjectCommand({ Bucket: world.bucket, Key: key }));
  return key;
};
const removeVersion = async (one: ReconcileWorld, key: string) => {
  const at = { Bucket: one.world.bucket, Key: key, VersionId: await one.versionOf(key) };
  await one.world.client.send(new DeleteObjectCommand(at));
  return key;
};
/** Rewrites a manifest, as no export would. */
const falsify = async (one: ReconcileWorld, change: (text: string) => string) => {
  const { manifest, archive } = one.keys(1);
  const tags = { Bucket: one.world.bucket, Key: manifest, Tagging: { TagSet: [{ Key: 'expire', Value: 'held' }] } };
  // As a version of ours with a fault would have recorded it later on, whose signature is right.
  const { signature: _, ...bare } = JSON.parse(change(await one.world.text(manifest))) as Manifest;
  const record = { ...bare, times: { ...bare.times, recorded: one.world.clock.now().toISOString() } };
  const records = new ArchiveBucket(one.world.client, one.world.bucket, new AbortController().signal, worldSealing);
  await records.records.write(manifest, record, 'any');
  await one.world.client.send(new PutObjectTaggingCommand(tags));
  return archive;
};

const PLANTED: Readonly<Record<string, Planted>> = {
  'NoVerifiedArchive: nothing was ever exported': {
    nights: 0,
    plant: () => 'm1',
    says: /has no archive in the bucket/,
  },
  'MissingNight: nothing was started': {
    plant: async (one) => {
      const missing = one.skip();
      await one.night();
      return missing;
    },
    says: /no archive of 2026-\S+: nothing was started\. .*"scheduledTime": "2026-/,
  },
  'MissingNight: the run failed': {
    plant: async (one) => {
      one.world.s3.faults.add({ operation: 'CreateMultipartUpload', kind: 'accessDenied' });
      await one.night();
      await one.night();
      return one.nights[3] ?? '';
    },
    says: /its run failed with StorageRefused/,
  },
  'UnfinishedRun: killed before it did anything, beside the schedule': {
    plant: async (one) => {
      one.till(5);
      const scheduledTime = one.world.clock.now().toISOString();
      await one.world.run({ scheduledTime, kill: { step: 'CreateSnapshot', when: 'before' } });
      return snapshotIdAt(new Date(scheduledTime));
    },
    says: /never ended; its execution no longer exists \(local:/,
  },
  'LostManifest: somebody removed it': {
    plant: (one) => hide(one, one.keys(1).manifest),
    says: /succeeded, and manifests\/\S+ is missing/,
    also: ['MissingNight', 'UnrecordedArchive'],
  },
  'MissingArchive: the version is gone': {
    plant: (one) => removeVersion(one, one.keys(1).archive),
    says: /is missing before its time/,
    also: ['WrongTag'],
  },
  'HiddenArchive: a delete marker lies over it': {
    plant: (one) => hide(one, one.keys(1).archive),
    says: /S3 removes that version within days/,
  },
  'HiddenArchive: another file lies over it': {
    plant: (one) => put(one, one.keys(1).archive, 'other'),
    says: /a delete marker or another file/,
  },
  'ArchiveChanged: its file was cut short': {
    plant: async (one) => {
      const { archive } = one.keys(1);
      await truncate(join(one.world.dir, one.world.bucket, archive), 10);
      return archive;
    },
    says: /has 10 bytes in storage; its manifest says \d+\./,
    also: ['WrongTag'],
  },
  'ArchiveChanged: another checksum than in the manifest': {
    plant: (one) => falsify(one, (text) => text.replace(/"crc32": "[^"]+"/, '"crc32": "AAAAAA=="')),
    says: /its manifest says AAAAAA==/,
    also: ['IndexBehind'],
  },
  'ArchiveChanged: another size than in the manifest': {
    plant: (one) => falsify(one, (text) => text.replace(/"size": \d+/, '"size": 7')),
    says: /its manifest says 7/,
    also: ['IndexBehind', 'WrongTag'],
  },
  'DamagedArchive: a verification has found it': {
    plant: async (one) => {
      const { archive } = one.keys(1);
      await flipByte(join(one.world.dir, one.world.bucket, archive));
      await one.world.run({ machine: 'verify', input: { manager: 'm1', all: true } });
      return archive;
    },
    says: /is damaged: File /,
  },
  'FlaggedArchive: the newest holds much less': {
    plant: async (one) => {
      one.holds.inventory = { tenants: 1, users: 1 };
      await one.night();
      return one.nights.at(-1) ?? '';
    },
    says: /holds less than those before: .*offsite accept/,
  },
  'UnreadableRecord: a manifest is no JSON': {
    plant: (one) => put(one, one.keys(1).manifest, 'PK'),
    says: /is not JSON.*counts for nothing/,
  },
  'ForgedRecord: a manifest that was changed and kept its signature': {
    plant: async (one) => {
      const { manifest } = one.keys(1);
      return await put(one, manifest, (await one.world.text(manifest)).replace(/"size": \d+/, '"size": 7'));
    },
    says: /is not what was signed .*counts for nothing/,
  },
  'UnreadableRecord: a mark of another version': {
    plant: (one) => put(one, one.keys(1).mark, '{"schema":"cloudify-offsite/mark/9"}'),
    says: /cannot be read\. .*counts as damaged/,
  },
  'UnreadableRecord: the record of a run': {
    plant: (one) => put(one, one.keys(1).run, '{}'),
    says: /cannot be read\. Move it away/,
  },
  'UnrecordedArchive: an archive that nobody knows': {
    plant: (one) => put(one, keysOf('m1', 'offsite-20261122T103000Z').archive),
    says: /has no manifest, so it was never verified/,
  },
  'UnrecordedArchive: it was verified, and somebody has removed its manifest weeks ago': {
    plant: async (one) => {
      await hide(one, one.keys(1).manifest);
      one.world.clock.advance(20 * 86_400);
      one.rules = { ...NIGHTLY, schedule: undefined };
      return one.keys(1).archive;
    },
    says: /was verified, and its manifest is missing.* Do not delete it; remove the delete marker of manifests\//,
    also: ['LostManifest'],
  },
  'UnknownObject: in a folder of ours': {
    plant: (one) => put(one, 'archives/m1/readme.txt'),
    says: /is not an object of this product/,
  },
  'UnknownObject: a manifest of another night than its month says': {
    plant: (one) => put(one, `manifests/m1/2020/01/${one.nights[1]}.json`),
    says: /is not an object of this product/,
  },
  'UnknownObject: beside all of ours': {
    plant: (one) => put(one, 'stray.txt'),
    says: /this product has no such object/,
  },
  'UnverifiedSnapshots: they pile up on the manager': {
    plant: (one) => {
      const { state } = one.world.manager;
      for (const day of [17, 18, 19]) state.addSnapshot(`offsite-202611${day}T020000Z`, 'created');
      one.world.clock.advance(48 * 3600);
      one.rules = { ...NIGHTLY, schedule: undefined };
      return 'm1';
    },
    says: /3 complete snapshots of this product on manager m1 have no valid copy.*offsite-20261117T020000Z, /,
  },
  'ManagerNotSeen: it does not answer': {
    plant: (one) => {
      manager('refuse', {})(one.world);
      return 'm1';
    },
    says: /Its snapshots were not compared: /,
  },
};

describe.each(Object.entries(PLANTED))('%s', (name, { nights = 3, plant, says, also = [] }) => {
  test('is found, and nothing but what follows from it', async () => {
    await begin(nights);
    const about = await plant(one);
    one.till(10);
    const { report, subjects, kinds } = await one.reconcile();
    const kind = name.split(':')[0] ?? '';
    expect(kinds).toEqual([kind, ...also].sort());
    const found = report.findings.filter((finding) => finding.kind === kind);
    expect(found).toMatchObject([{ about, message: expect.stringMatching(says), repair: 'open' }]);
    expect(report.outcome).toBe('findings');
    expect(subjects).toEqual([expect.stringMatching(/^cloudify-offsite: reconciliation of m1 found \d+$/)]);
    for (const { message } of report.findings) expectSentence(message);
    expect(canariesIn(JSON.stringify(report))).toEqual([]);
    // The day after, as long as it is so, again.
    one.world.clock.advance(60);
    expect((await one.reconcile()).subjects).toHaveLength(1);
  });
});

test('every finding that there is was planted here', () => {
  const mends = Object.keys(FINDINGS).filter((kind) => FINDINGS[kind as keyof typeof FINDINGS].mends);
  // In expiry.test.ts, replication.test.ts, of the index in test/cli/archive-index.test.ts, and those of settings in protection.test.ts.
  const ofIndex = [
    'UnsignedRecord',
    'ReplayedManifest',
    'SwappedManifest',
    'ForgedIndex',
    'UnreadableIndex',
    'IndexRolledBack',
  ];
  const elsewhere = [
    ...ofIndex,
    'OverdueArchive',
    'NotReplicated',
    'ProtectionChanged',
    'KeyInDanger',
    'ProtectionNotSeen',
    'FunctionNotReady',
    // managers.test.ts
    'UnknownManager',
  ];
  const planted = new Set([...Object.keys(PLANTED).map((name) => name.split(':')[0]), ...mends, ...elsewhere]);
  expect(Object.keys(FINDINGS).filter((kind) => !planted.has(kind))).toEqual([]);
});

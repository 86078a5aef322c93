import { open, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { type Breakage, storage } from '../support/breakages.ts';
import { markOf } from '../support/manifests.ts';
import { newestManifest, removeNewestArchive, untouched } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';

/** The file of an archive in the folder: the newest unless told. */
async function fileOf({ world }: RestoreWorld, fromTheEnd = 1): Promise<string> {
  const keys = (await world.files('archives')).sort();
  return join(world.dir, world.bucket, keys.at(-fromTheEnd) ?? '');
}

/** One bit of it, at this part of its length: no checksum fits any more. */
async function flip(path: string, part: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const where = Math.min(size - 1, Math.floor(size * part));
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, where);
    await file.write(Buffer.from([buffer.readUInt8(0) ^ 0x10]), 0, 1, where);
  } finally {
    await file.close();
  }
}

interface Damage {
  readonly how: string;
  readonly act: (both: RestoreWorld) => unknown;
  readonly is: 'ArchiveGone' | 'ArchiveDamaged';
  /** Only a read of every byte shows it. */
  readonly deep?: true;
}

/** What can have become of the newest archive, whoever did it. */
const DAMAGES: readonly Damage[] = [
  { how: 'its version was removed', act: removeNewestArchive, is: 'ArchiveGone' },
  { how: 'its file was removed', act: async (both) => await rm(await fileOf(both)), is: 'ArchiveGone' },
  { how: 'its file is shorter', act: async (both) => await truncate(await fileOf(both), 5000), is: 'ArchiveDamaged' },
  { how: 'its file is empty', act: async (both) => await truncate(await fileOf(both), 0), is: 'ArchiveDamaged' },
  {
    how: 'a verification found it damaged',
    act: async (both) => {
      const { key, manifest } = await newestManifest(both);
      const mark = markOf('m1', manifest.snapshot.id, manifest.archive.versionId, true);
      await both.world.put(key.replace('manifests/', 'marks/'), JSON.stringify(mark));
    },
    is: 'ArchiveDamaged',
  },
  { how: 'its directory is damaged', act: async (both) => await flip(await fileOf(both), 1), is: 'ArchiveDamaged' },
  {
    how: 'a byte of it is damaged',
    act: async (both) => await flip(await fileOf(both), 0.4),
    is: 'ArchiveDamaged',
    deep: true,
  },
];

const nothingSent: Also = (both) => {
  untouched(both);
  expect(both.target.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
};

/** The first of the two, and the evidence and the message say what was passed over, and why. */
const restoredFirst =
  (error: string): Also =>
  async ({ world }, result, evidence) => {
    const [first = '', second = ''] = (await world.files('manifests')).sort();
    expect(first).toContain(evidence?.archive?.snapshot ?? 'no archive');
    const [{ snapshot = '' } = {}] = evidence?.passedOver ?? [];
    expect(second).toContain(snapshot);
    expect(evidence?.passedOver).toEqual([{ snapshot, error }]);
    expect(evidence?.options.skipDamaged).toBe(true);
    expect(evidence?.message).toContain(`NOT the newest archive: ${snapshot} (${error}) cannot be restored.`);
    expect(result.restoreReport?.message).toBe(evidence?.message);
    expect(evidence?.notes.join(' ')).toContain(`Passed over: ${snapshot} `);
  };

const ADVICE =
  /next valid archive is (offsite-20261122T030000Z), finished 2026-11-22T03:0\d:\d\d\.000Z, 1 h old: run the same restore with --archive \1 \("archive": "\1" in the input of an execution\), or add --skip-damaged \("skipDamaged": true in the input of an execution\)\./;
const NEXT = new RegExp(`${ADVICE.source} Nothing was restored: manager m2 is as it was\\.$`);

describe.each(DAMAGES)('the newest archive: $how', ({ act, is, deep }) => {
  const prepare = async (both: RestoreWorld) => {
    await both.export();
    await act(both);
  };
  const methods = deep ? (['url', 'stream'] as const) : (['url'] as const);

  test.each(methods)('%s: refused by name, with the next good one and how to take it', async (method) => {
    const also: Also = method === 'url' ? nothingSent : ({ target }) => expect(target.state.snapshots).toEqual([]);
    await playRestore({ name: '', prepare, input: { method }, ends: is, says: NEXT, holds: 'nothing', also });
  });

  test.each(methods)('%s, with skipDamaged: the next good one, and that is said', async (method) => {
    const input = { method, skipDamaged: true };
    await playRestore({ name: '', prepare, input, ends: 'SUCCEEDED', holds: 'anything', also: restoredFirst(is) });
  });
});

const once = (step: 'SelectArchive' | 'CompareSpan' | 'UploadArchive'): Breakage =>
  storage({ operation: 'GetObject', step, key: /^archives/ }, 'corruptRead');

/** The newest archive's file is elsewhere from the first call of this step on. */
const hiddenAt =
  (step: StepName): Breakage =>
  (world) => {
    let moved: string | undefined;
    return {
      hits: () => Number(moved !== undefined),
      async before(called) {
        if (called !== step || moved !== undefined) return;
        moved = join(world.dir, world.bucket, (await world.files('archives')).sort().at(-1) ?? '');
        await rename(moved, `${moved}.away`);
      },
      mend: async () => void (moved && (await rename(`${moved}.away`, moved))),
    };
  };

const newestOfAll: Also = async ({ world }, _result, evidence) => {
  const key = (await world.files('manifests')).sort().at(-1) ?? '';
  expect(key).toContain(evidence?.archive?.snapshot ?? 'no archive');
  expect(evidence?.passedOver).toBeUndefined();
};

const two = async (both: RestoreWorld) => void (await both.export());

const CASES: readonly RestoreCase[] = [
  {
    name: 'the newest by a time is gone, in a dry run',
    prepare: async (both) => {
      await both.export();
      await removeNewestArchive(both);
    },
    input: { archive: { asOf: '2026-11-22T05:00:00Z' }, dryRun: true },
    ends: 'ArchiveGone',
    says: ADVICE,
    unrecorded: true,
    unclaimed: true,
    also: nothingSent,
  },
  {
    name: 'the newest by a time is gone, with skipDamaged',
    prepare: async (both) => {
      await both.export();
      await removeNewestArchive(both);
    },
    input: { archive: { asOf: '2026-11-22T05:00:00Z' }, skipDamaged: true },
    ends: 'SUCCEEDED',
    holds: 'anything',
    also: restoredFirst('ArchiveGone'),
  },
  ...(['SelectArchive', 'CompareSpan'] as const).map((step) => ({
    name: `one bad read in ${step}: it is read again, and nothing is passed over`,
    prepare: two,
    input: { method: 'url', skipDamaged: true },
    broken: once(step),
    ends: 'SUCCEEDED' as const,
    also: newestOfAll,
  })),
  {
    name: 'one bad read of a stream: it is sent again',
    prepare: two,
    input: { method: 'stream', skipDamaged: true },
    broken: once('UploadArchive'),
    ends: 'SUCCEEDED',
    also: newestOfAll,
  },
  {
    name: 'the file is removed after it was selected',
    prepare: two,
    input: { method: 'url', skipDamaged: true },
    broken: hiddenAt('CompareSpan'),
    ends: 'SUCCEEDED',
    holds: 'anything',
    also: restoredFirst('ArchiveGone'),
  },
  {
    name: 'the file is removed after it was selected, and nothing may be passed over',
    prepare: two,
    input: { method: 'url' },
    broken: hiddenAt('CompareSpan'),
    ends: 'ArchiveGone',
    says: NEXT,
    also: nothingSent,
  },
  {
    name: 'two of three are damaged: each is read twice',
    prepare: async (both) => {
      await both.export();
      await both.export();
      for (const which of [1, 2]) await flip(await fileOf(both, which), 0.5);
    },
    input: { method: 'url', skipDamaged: true },
    ends: 'SUCCEEDED',
    holds: 'anything',
    also: ({ world }, { events }, evidence) => {
      expect(evidence?.passedOver?.map(({ error }) => error)).toEqual(['ArchiveDamaged', 'ArchiveDamaged']);
      const reads = events.filter(({ type, state }) => type === 'StateEntered' && state?.name === 'CompareStored');
      expect([reads.length, world.bucket]).toEqual([5, 'offsite']);
    },
  },
  {
    name: 'all are damaged: the last one has nothing after it',
    prepare: async (both) => {
      await both.export();
      for (const which of [1, 2]) await flip(await fileOf(both, which), 0.5);
    },
    input: { method: 'url', skipDamaged: true },
    ends: 'ArchiveDamaged',
    says: /it was found damaged when it was read\. Nor can offsite-\S+\. There is no other archive of manager m1/,
    also: nothingSent,
  },
  {
    name: 'the one that is named is damaged: no other is taken for it',
    prepare: async (both) => {
      await both.export();
      await flip(await fileOf(both), 0.5);
    },
    input: { method: 'url', archive: 'offsite-20261122T040005Z' },
    ends: 'ArchiveDamaged',
    says: /run the same restore with --archive offsite-20261122T030000Z \([^)]*\)\. Nothing/,
    also: nothingSent,
  },
  {
    name: 'an id with skipDamaged',
    input: { archive: 'offsite-20261122T030000Z', skipDamaged: true },
    ends: 'InvalidInput',
    says: /skipDamaged: must not be given together with the id of an archive/,
    unclaimed: true,
    also: nothingSent,
  },
];

test.each(CASES)('$name', playRestore);

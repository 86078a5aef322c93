import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { beginExecution, endExecution } from '../../lib/local/executions.ts';
import { ReconcileWorld } from '../support/reconcile-world.ts';
import { isFull } from '../support/sampled.ts';

let one: ReconcileWorld;
afterEach(async () => await one.stop());

async function begin(nights: number): Promise<ReconcileWorld> {
  one = await ReconcileWorld.start(nights);
  return one;
}

async function tag(key: string, expire: string | undefined): Promise<void> {
  const TagSet = expire === undefined ? [] : [{ Key: 'expire', Value: expire }];
  await one.world.client.send(new PutObjectTaggingCommand({ Bucket: one.world.bucket, Key: key, Tagging: { TagSet } }));
}

async function openUpload(key: string): Promise<void> {
  await one.world.client.send(new CreateMultipartUploadCommand({ Bucket: one.world.bucket, Key: key }));
}

const stale = (id: string, status: 'failed' | 'creating' = 'failed') => one.world.manager.state.addSnapshot(id, status);

/** What a reconciliation may mend, one at a time. */
const MENDED: Readonly<Record<string, { plant: () => unknown; about: () => string }>> = {
  'WrongTag: a held archive would expire': {
    plant: async () => await tag(one.keys(2).archive, 'daily'),
    about: () => one.keys(2).archive,
  },
  'WrongTag: a manifest has none': {
    plant: async () => await tag(one.keys(2).manifest, undefined),
    about: () => one.keys(2).manifest,
  },
  'WrongTag: an inspection has one that nobody knows': {
    plant: async () => await tag(one.keys(2).inspection, 'tomorrow'),
    about: () => one.keys(2).inspection,
  },
  'OpenUpload: of a run that is over': {
    plant: async () => await openUpload(one.keys(0).archive),
    about: () => one.keys(0).archive,
  },
  'StaleSnapshot: of a run that is over': {
    plant: () => stale(one.nights[0] ?? ''),
    about: () => one.nights[0] ?? '',
  },
};

describe.each(Object.entries(MENDED))('%s', (name, { plant, about }) => {
  test('a dry run finds it and changes nothing; then it is mended, and it alone', async () => {
    await begin(4);
    one.till(10);
    const before = await one.state();
    await plant();
    const planted = await one.state();
    const kind = name.split(':')[0];
    const dry = await one.reconcile({ dryRun: true });
    expect(dry.report.findings).toMatchObject([{ kind, about: about(), repair: 'could be' }]);
    expect([dry.report.outcome, dry.subjects, dry.metrics]).toEqual(['findings', [], {}]);
    expect(await one.state()).toEqual(planted);
    const { report, subjects, metrics } = await one.reconcile();
    expect(report.findings).toMatchObject([{ kind, about: about(), repair: 'done' }]);
    expect([report.outcome, subjects, metrics.ReconcileFindings]).toEqual(['repaired', [], 0]);
    expect(await one.state()).toEqual(before);
    expect((await one.reconcile()).report.outcome).toBe('clean');
  });
});

describe('never touched', () => {
  test('an upload that nobody knows: a person is told, and S3 ends it', async () => {
    await begin(2);
    await openUpload('archives/m1/2026/01/offsite-20260101T020000Z.zip');
    const before = await one.state();
    const { report } = await one.reconcile();
    expect(report.findings).toMatchObject([
      {
        kind: 'OpenUpload',
        repair: 'failed',
        message: expect.stringMatching(/Not repaired: its owner is not known/),
      },
    ]);
    expect(await one.state()).toEqual(before);
  });

  test('snapshots of another installation, of other people, and whole ones', async () => {
    await begin(3);
    stale('offsite-20260101T020000Z');
    stale('before-the-upgrade', 'creating');
    stale('offsite-mine', 'failed');
    one.world.manager.state.addSnapshot(one.nights[0] ?? '', 'created');
    const before = await one.state();
    expect((await one.reconcile()).report.outcome).toBe('clean');
    expect(await one.state()).toEqual(before);
  });

  test('whatever an export is at, at each of its steps, and it ends well', async () => {
    await begin(3);
    const seen: string[] = [];
    const found: unknown[] = [];
    const before = async (step: string, call: number) => {
      if (call > 1) return;
      seen.push(step);
      found.push(...(await one.reconcile()).report.findings);
    };
    const { outcome } = await one.night({ before });
    expect([outcome.status, found]).toEqual(['SUCCEEDED', []]);
    expect(seen.length).toBeGreaterThan(9);
    expect((await one.reconcile()).report.outcome).toBe('clean');
  });

  test('a snapshot that a run has begun to work on between the look and the repair', async () => {
    await begin(3);
    const [first = ''] = one.nights;
    stale(first);
    const { world } = one;
    const run = JSON.parse(await world.text(one.keys(0).run));
    const execution = beginExecution();
    let reads = 0;
    const s3 = watched(world.client, async (command, input) => {
      if (command !== 'GetObjectCommand' || input['Key'] !== one.keys(0).run) return;
      reads += 1;
      // Once when it is looked at; the second is the removal's own.
      if (reads === 2) await world.put(one.keys(0).run, JSON.stringify({ ...run, state: 'running', execution }));
    });
    const { report } = await one.reconcile({}, { s3 });
    endExecution(execution);
    expect(report.findings).toMatchObject([
      {
        kind: 'StaleSnapshot',
        repair: 'failed',
        message: expect.stringMatching(/another run has begun to work on it/),
      },
    ]);
    expect(world.manager.state.snapshot(first, 'default_tenant')).toBeDefined();
  });
});

/** The same client, with somebody who hears of each request before it is sent. */
function watched(client: S3Client, hear: (command: string, input: Record<string, unknown>) => unknown): S3Client {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'send') return Reflect.get(target, name);
      return async (command: { constructor: { name: string }; input: Record<string, unknown> }, options: never) => {
        await hear(command.constructor.name, command.input);
        return await target.send(command as never, options);
      };
    },
  });
}

test('what is gone at the second look was on its way, and is no finding', async () => {
  await begin(2);
  const { world } = one;
  await world.put('archives/m1/on-its-way.txt', 'x');
  const version = await one.versionOf('archives/m1/on-its-way.txt');
  let lists = 0;
  const s3 = watched(world.client, async (command, input) => {
    if (command !== 'ListObjectVersionsCommand' || input['Prefix'] !== 'archives/m1/') return;
    // Twice in a look: of all objects, and of the catalogue.
    if (++lists === 3)
      await world.client.send(
        new DeleteObjectCommand({ Bucket: world.bucket, Key: 'archives/m1/on-its-way.txt', VersionId: version }),
      );
  });
  const { report } = await one.reconcile({}, { s3 });
  expect([report.outcome, lists]).toEqual(['clean', 4]);
});

test('killed before any of its requests: nothing false is left, and the next one mends all of it', async () => {
  await begin(4);
  one.till(10);
  const healthy = await one.state();
  const archives = await one.world.files('archives');
  const plant = async () => {
    await tag(one.keys(2).archive, 'daily');
    await tag(one.keys(3).manifest, undefined);
    await openUpload(one.keys(0).archive);
    stale(one.nights[0] ?? '', 'creating');
  };
  let killed = true;
  let request = 1;
  for (; killed; request += isFull ? 1 : 13) {
    await plant();
    const stop = new AbortController();
    let count = 0;
    const s3 = watched(one.world.client, () => {
      count += 1;
      if (count === request) stop.abort();
      if (count >= request) throw Object.assign(new Error('killed'), { name: 'AbortError' });
    });
    killed = await one.reconcile({}, { s3, signal: stop.signal }).then(
      () => false,
      (error: Error) => error.name === 'Interrupted',
    );
    expect(await one.world.files('archives')).toEqual(archives);
    const { report } = await one.reconcile();
    expect(report.findings.map(({ repair }) => repair).filter((repair) => repair !== 'done')).toEqual([]);
    expect(await one.state(), `killed before request ${request}`).toEqual(healthy);
  }
  expect(request).toBeGreaterThan(100);
}, 600_000);

test('a manager that refuses to delete: the rest is mended, and a person is told of that one', async () => {
  await begin(4);
  const { faults } = one.world.manager;
  await tag(one.keys(2).archive, 'daily');
  stale(one.nights[0] ?? '');
  const fault = faults.inject('forbidden', {}, { method: 'DELETE' });
  const { report, subjects } = await one.reconcile();
  fault.clear();
  expect(report.findings.map(({ kind, repair }) => `${kind} ${repair}`)).toEqual([
    'StaleSnapshot failed',
    'WrongTag done',
  ]);
  expect(subjects).toHaveLength(1);
  expect(await one.tagOf(one.keys(2).archive)).toBe('held');
});

test('storage alone: the manager is not asked, whoever it is', async () => {
  await begin(2);
  const { report, kinds } = await one.reconcile({ storageOnly: true }, { secret: { endpoints: [] } as never });
  expect([kinds, report.lookedAt.snapshots]).toEqual([[], null]);
});

test.each([
  [{ manager: 'M1' }, /manager: must be/],
  [{ dryrun: true }, /dryrun is not a known field/],
  [{ dryRun: 'yes' }, /dryRun: /],
])('%j is refused by name', async (input, says) => {
  await begin(0);
  await expect(one.reconcile(input)).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringMatching(says),
  });
});

test('OverdueArchive: nothing expires, because the bucket has no lifecycle rules', async () => {
  const days = { daily: 10, weekly: 10, monthly: 10, yearly: 10 };
  one = await ReconcileWorld.start(0);
  one.rules = { ...defaultRules, retention: RetentionPolicy.parse({ held: 1, days, undoDays: 2 }) };
  for (let night = 0; night < 3; night++) await one.night();
  one.world.clock.advance(20 * 86_400);
  expect((await one.reconcile()).kinds).toEqual(['OverdueArchive']);
  // The newest is held, however old; and when it is let go at last it is given its days.
  const { report } = await one.reconcile();
  expect(report.findings.map(({ about }) => about)).toEqual([one.keys(0).archive, one.keys(1).archive]);
  await one.night();
  expect((await one.reconcile()).report.findings).toHaveLength(2);
  one.world.clock.advance(4 * 86_400);
  expect((await one.reconcile()).report.findings).toHaveLength(3);
});

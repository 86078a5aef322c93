import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { trialKeysOf } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { nameOfTrial } from '../../lib/storage/trials.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import {
  LACKS,
  type Lack,
  type LesserStore,
  LOCKLESS,
  REFUSED,
  startLesserStore,
  UNKNOWN_LOCK,
} from '../support/lesser-store.ts';
import { signing } from '../support/signing.ts';

let dir: string;
let s3: LocalS3;
let store: LesserStore;
let manager: SimulatedManager;
let clock: VirtualClock;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-lesser-'));
  await writeFile(join(dir, 'password'), 'secret');
  clock = new VirtualClock();
  const access = { accessKeyId: 'lesser-store', secretAccessKey: 'lesser-secret' };
  s3 = await startLocalS3({ dir: join(dir, 'store'), access, now: clock.now });
  manager = await startSimulatedManager({ now: clock.now, password: 'secret', archive: { sizeBytes: 200_000 } });
  await atStore((client) => client.send(new CreateBucketCommand({ Bucket: 'backups' })));
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', access.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', access.secretAccessKey);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([store?.close(), manager.close(), s3.close()]);
  await rm(dir, { recursive: true });
});

async function atStore<T>(work: (client: ReturnType<typeof s3Client>) => Promise<T>): Promise<T> {
  const client = s3Client({ ...s3.access, endpoint: s3.url });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const offsite = (...words: string[]): Promise<Said> => offsiteAll(...words, '--manager', 'm1');

async function offsiteAll(...words: string[]): Promise<Said> {
  const said = { out: '', err: '' };
  const code = await main([...words, '--local', '--s3-endpoint', store.url, '--bucket', 'backups'], {
    out: {
      write: (text) => {
        said.out += text;
      },
    },
    err: {
      write: (text) => {
        said.err += text;
      },
      isTTY: false,
      columns: 100,
    },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: clock.now, sleep: async (ms: number) => clock.advance(ms / 1000) },
  });
  return { code, ...said };
}

const login = () => [
  ...['--manager-url', manager.urls[0] ?? '', '--username', 'admin'],
  ...['--password-file', join(dir, 'password')],
];

/** What the report of an export says of each of them: what the store has otherwise than all of S3. */
const SHOWN: Readonly<Record<keyof typeof LACKS, object>> = {
  'lists parts without CRC-32': { partChecksums: false },
  'shows no checksum of an object': { wholeChecksums: false },
  'shows a checksum of the checksums of parts': { wholeChecksums: false },
  'names no versions, and refuses the id "null"': { versions: false, tagsNameVersion: false },
  'names no versions, and has no list of them': { versions: false, versionsListed: false, tagsNameVersion: false },
  'names versions, and has no list of them': { versionsListed: false },
  'says "not allowed" to a list of versions': { versionsListed: false },
  'has no tags': { tags: false, tagsNameVersion: false },
  'names no version of tags': { tagsNameVersion: false },
  'lists open uploads of a whole key only': { uploadsListed: 'by key' },
  'has no list of open uploads': { uploadsListed: 'no' },
  'says "no such upload" of an empty list': { uploadsListed: 'no' },
};
const ALL = {
  ...{ conditionalWrites: true, conditionalReplaces: true, conditionalCompletes: true },
  ...{ partChecksums: true, wholeChecksums: true, versions: true, versionsListed: true, uploadsListed: 'by prefix' },
  ...{ tags: true, tagsNameVersion: true, presignedReads: true },
};

test.each(Object.entries(LACKS))(
  'a store that %s: every command does its work',
  async (what, lacks: readonly Lack[]) => {
    store = await startLesserStore(s3.url, lacks);
    for (const night of ['2026-11-22T02:00:00Z', '2026-11-23T02:00:00Z']) {
      const made = JSON.parse((await offsite('export', '--json', ...login(), '--scheduled-time', night)).out);
      expect(made).toMatchObject({
        outcome: 'succeeded',
        notes: what === 'has no tags' ? [/offsite retention expire/] : [],
      });
      expect(made.store).toMatchObject({ ...ALL, ...SHOWN[what as keyof typeof LACKS] });
      clock.advance(24 * 3600);
    }
    expect(JSON.parse((await offsite('list', '--json')).out)).toMatchObject({
      archives: [{ stored: true }, { stored: true }],
    });
    expect(await offsite('verify', '--all')).toMatchObject({ code: 0 });
    expect(await offsite('show', 'latest')).toMatchObject({ code: 0 });
    expect(await offsite('keep', 'offsite-20261123T020000Z', '--forever')).toMatchObject({ code: 0 });
    expect((await offsite('reconcile')).out).toMatch(/^Nothing/);
    const left = await atStore(async (client) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'backups' }));
      const { Versions = [], DeleteMarkers = [] } = await client.send(
        new ListObjectVersionsCommand({ Bucket: 'backups' }),
      );
      return [...Uploads, ...Versions, ...DeleteMarkers].flatMap(({ Key = '' }) => (Key.includes('/.') ? [Key] : []));
    });
    // Where a store names no versions, nobody can remove one of them.
    if (!what.startsWith('names no versions')) expect(left).toEqual([]);
  },
  // Six commands over a proxy: 5 s, and minutes on a machine that is busy.
  180_000,
);

test.each(Object.entries(REFUSED))(
  'a store that %s is refused before a snapshot is made',
  async (_, { lacks, says }) => {
    store = await startLesserStore(s3.url, lacks);
    const { code, err } = await offsite('export', ...login());
    expect([code, err]).toEqual([2, expect.stringMatching(/^offsite: InvalidConfiguration: Bucket backups [^\n]*\n$/)]);
    expect(err).toMatch(says);
    expect(manager.state.snapshots).toEqual([]);
  },
);

test('a store that has neither tags nor versions expires archives by the records', async () => {
  const lacks = [...LACKS['has no tags'], ...LACKS['names no versions, and has no list of them']];
  store = await startLesserStore(s3.url, lacks);
  const nights = ['2026-11-22', '2026-11-23', '2026-11-24'];
  for (const night of nights) {
    expect(await offsite('export', ...login(), '--scheduled-time', `${night}T02:00:00Z`)).toMatchObject({ code: 0 });
    clock.advance(24 * 3600);
  }
  const kept = 'offsite-20261123T020000Z';
  expect(await offsite('keep', kept, '--forever')).toMatchObject({ code: 0 });
  const config = join(dir, 'offsite.json');
  await writeFile(config, JSON.stringify({ managers: [{ id: 'm1' }], retention: { held: 1 } }));
  const expire = async (...more: string[]) => {
    const { code, out, err } = await offsiteAll('retention', 'expire', '--config', config, '--json', ...more);
    expect([code, err]).toEqual([0, '']);
    return (JSON.parse(out).acts as { does: string; key: string }[]).filter(({ key }) => key.startsWith('archives/'));
  };
  expect(await expire('--yes')).toEqual([]);
  clock.advance(10 * 365 * 24 * 3600);
  const due = await expire();
  expect(due.map(({ key }) => key.slice(-28, -4))).toEqual(['offsite-20261122T020000Z']);
  expect(await expire('--yes')).toEqual(due);
  const left = JSON.parse((await offsite('list', '--json')).out).archives as { snapshot: string; stored: boolean }[];
  expect(left.filter(({ stored }) => stored).map(({ snapshot }) => snapshot)).toEqual([
    kept,
    'offsite-20261124T020000Z',
  ]);
  expect(left.find(({ snapshot }) => snapshot === 'offsite-20261122T020000Z')?.stored ?? false).toBe(false);
});

test('a bucket is not expired by the defaults', async () => {
  store = await startLesserStore(s3.url, []);
  expect(await offsiteAll('retention', 'expire')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--config FILE'),
  });
});

test('what a killed process left of its trial goes with the next run; a trial that is under way stays', async () => {
  store = await startLesserStore(s3.url, []);
  const own = nameOfTrial();
  const [old, dead, alive, elsewhere] = [
    '45082c7c-e28a-42da-9e9f-22c5842e28d3',
    own.replace(/-\d+-/, '-999999999-'),
    own,
    own.replace(/^[0-9a-f]+/, 'abcdefabcdef'),
  ].map((by) => trialKeysOf('m1', by));
  const put = (...keys: (string | undefined)[]) =>
    atStore(async (client) => {
      for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: 'backups', Key, Body: 'x' }));
    });
  await put(old?.record, old?.upload);
  clock.advance(2 * 3600);
  await put(dead?.record, dead?.upload, alive?.record, elsewhere?.record);
  await atStore((client) => client.send(new CreateMultipartUploadCommand({ Bucket: 'backups', Key: dead?.upload })));
  const night = [
    '--manager-url',
    manager.urls[0] ?? '',
    '--username',
    'admin',
    '--password-file',
    join(dir, 'password'),
  ];
  const { code, err } = await offsite('export', ...night);
  expect([code, err]).toEqual([0, expect.any(String)]);
  const { Versions, Uploads } = await atStore(async (client) => ({
    ...(await client.send(new ListObjectVersionsCommand({ Bucket: 'backups', Prefix: 'runs/m1/.' }))),
    ...(await client.send(new ListMultipartUploadsCommand({ Bucket: 'backups' }))),
  }));
  expect(Versions?.map(({ Key }) => Key).sort()).toEqual([alive?.record, elsewhere?.record].sort());
  expect(Uploads ?? []).toEqual([]);
});

describe('a configuration of version 2 and a bucket of another store without Object Lock', () => {
  const configured = async (storage: object) => {
    const config = join(dir, 'offsite.json');
    await writeFile(config, JSON.stringify({ version: 2, managers: [{ id: 'm1' }], storage }));
    return await offsite('export', ...login(), '--config', config, '--json');
  };

  test('the lock that a stack has by default is not asked of it', async () => {
    store = await startLesserStore(s3.url, LOCKLESS);
    const { code, out, err } = await configured({});
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'succeeded' });
    expect(store.asked.filter((asked) => asked.includes('retention'))).toEqual([]);
  });

  test.each([
    ['says that the bucket has none', LOCKLESS, /Bucket backups has no Object Lock, and the configuration locks/],
    [
      'does not know the request',
      UNKNOWN_LOCK,
      /locks verified archives \(.*NotImplemented, HTTP 501: This header is not for us\)\)\. Use a bucket/,
    ],
  ])('a store that %s: a lock that it asks for is refused before a snapshot is made', async (_, lacks, says) => {
    store = await startLesserStore(s3.url, lacks);
    const { code, err } = await configured({ objectLock: { days: 7 } });
    // As every run of a configuration that could not begin: recorded and told as failed.
    expect([code, err]).toEqual([1, expect.stringMatching(says)]);
    expect(manager.state.snapshots).toEqual([]);
  });
});

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { main } from '../../lib/cli/main.ts';
import { pemSigner } from '../../lib/signing/signer.ts';
import { indexHeadOf, indexPageOf, keysOf } from '../../lib/storage/layout.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { keyPair, sealWith } from '../support/signing.ts';

/**
 * A folder with four nights of one manager, and what somebody who may write to it does there, one thing at a time. Every
 * command that reads archives tells one thing from the other, and from what has expired as it should.
 */
const NIGHTS = [1, 2, 3, 4].map((day) => `offsite-2026120${day}T020000Z`);
const [, second = '', third = '', newest = ''] = NIGHTS;
const MONTH = '2026-12';
const HEAD = indexHeadOf('m1');
const PAGE = indexPageOf('m1', MONTH);

let root: string;
/** The index as it was after three nights. */
const earlier: Record<string, string> = {};
let source: SimulatedManager;
let target: SimulatedManager;
const clock = new VirtualClock('2026-12-01T02:00:00Z');

class Place {
  readonly dir: string;
  readonly home: string;
  constructor(dir: string, home = join(root, 'home')) {
    this.dir = dir;
    this.home = home;
  }

  async run(...args: string[]) {
    const shown = { code: -1, out: '', err: '' };
    const to = (stream: 'out' | 'err') => ({ write: (text: string) => (shown[stream] += text) });
    const where = args[0] === 'export' ? '--to' : '--from';
    const terminal = { out: to('out'), err: to('err'), interrupt: new AbortController().signal, clock };
    shown.code = await main([...args, '--local', where, this.dir, '--json'], {
      ...terminal,
      signing: { stateFolder: this.home },
    });
    return { ...shown, document: JSON.parse(shown.out || 'null') };
  }

  async export(time: string) {
    const night = ['--manager', 'm1', '--scheduled-time', time, ...access(source)];
    const { code, out, err } = await this.run('export', ...night, '--keep', '9');
    expect(code, `${out}${err}`).toBe(0);
  }

  /** What of it is about records and the index. */
  async report(...more: string[]) {
    const { document } = await this.run('report', '--manager', 'm1', ...more);
    const isRecord = ({ about }: { about: string }) => /^(manifests|indexes)\//.test(about);
    return { ...document, ofRecords: document.findings.filter(isRecord) };
  }

  async restore(...more: string[]) {
    const which = ['--manager', 'm2', '--source-manager', 'm1', '--method', 'stream', '--dry-run'];
    return await this.run('restore', ...which, ...access(target), ...more);
  }

  async s3<T>(work: (client: S3Client) => Promise<T>): Promise<T> {
    const server = await startLocalS3({ dir: this.dir, now: clock.now });
    const client = s3Client({ ...server.access, endpoint: server.url });
    try {
      return await work(client);
    } finally {
      client.destroy();
      await server.close();
    }
  }

  async put(key: string, text: string | object): Promise<void> {
    const Body = typeof text === 'string' ? text : JSON.stringify(text);
    await this.s3((s3) => s3.send(new PutObjectCommand({ Bucket: 'offsite', Key: key, Body })));
  }
  async hide(key: string): Promise<void> {
    await this.s3((s3) => s3.send(new DeleteObjectCommand({ Bucket: 'offsite', Key: key })));
  }
  async read(key: string) {
    return JSON.parse(await readFile(join(this.dir, 'offsite', key), 'utf8'));
  }
}

function access({ urls }: SimulatedManager) {
  return ['--manager-url', urls[0] ?? '', '--username', 'admin', '--password-file', join(root, 'password')];
}

let made: Place;
beforeAll(async () => {
  root = await mkdtemp(join(memoryDisk(), 'offsite-index-'));
  await writeFile(join(root, 'password'), 'canary-Passw0rd');
  const common = { password: 'canary-Passw0rd', now: clock.now, createSeconds: 0, restoreSeconds: 1, version: '7.0.5' };
  source = await startSimulatedManager({ ...common, archive: { sizeBytes: 4096 } });
  target = await startSimulatedManager({ ...common, holds: 'nothing' });
  made = new Place(join(root, 'made'));
  for (const night of NIGHTS) {
    clock.advance((Date.parse(timeOf(night)) - clock.now().getTime()) / 1000);
    if (night === newest) {
      for (const key of [HEAD, PAGE]) earlier[key] = JSON.stringify(await made.read(key));
    }
    await made.export(timeOf(night));
  }
  clock.advance(3600);
});
afterAll(async () => {
  await Promise.all([source.close(), target.close()]);
  await rm(root, { recursive: true, force: true });
});

const timeOf = (night: string) =>
  night.replace(/offsite-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z');

/** A copy of its own, with memories of its own. */
async function copyOf(): Promise<Place> {
  const own = await mkdtemp(join(root, 'copy-'));
  await cp(made.dir, join(own, 'store'), { recursive: true });
  await cp(join(root, 'home'), join(own, 'home'), { recursive: true });
  const place = new Place(join(own, 'store'), join(own, 'home'));
  await place.run('list');
  return place;
}

const manifest = keysOf('m1', newest).manifest;

interface Attack {
  readonly does: (place: Place) => Promise<void>;
  readonly finding: string;
  readonly error: 'ArchiveGone' | 'RecordForged';
  /** In its sentence, whatever command tells it. */
  readonly words: RegExp;
  readonly more?: readonly string[];
}

/** With the newest archive, each. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  'a manifest that is hidden behind a delete marker': {
    does: (place) => place.hide(manifest),
    ...{
      finding: 'LostManifest',
      error: 'ArchiveGone',
      words: /is missing: the index of archives has it|missing before its time|is missing, and has not expired/,
    },
  },
  'a manifest that is removed with its archive': {
    does: async (place) => {
      await place.hide(manifest);
      await place.hide(keysOf('m1', newest).archive);
    },
    ...{
      finding: 'LostManifest',
      error: 'ArchiveGone',
      words: /is missing: the index of archives has it|missing before its time|is missing, and has not expired/,
    },
  },
  'an older manifest that is put back': {
    does: async (place) => {
      // The night was repeated once: what was recorded first is genuine, and is not the archive that is there.
      const first = await place.read(manifest);
      const shelf = { read: async () => undefined, write: async () => true, list: async () => [] };
      const seal = (await sealWith(await homeKey(place)))(shelf);
      const { signature: _, ...bare } = first;
      const recorded = '2026-12-04T01:00:00.000Z';
      await place.put(manifest, await seal.sign(manifest, { ...bare, times: { ...bare.times, recorded } }));
    },
    ...{
      finding: 'ReplayedManifest',
      error: 'RecordForged',
      words: /is an older one of this archive, put back|put back as it once was/,
    },
  },
  'a manifest that is edited': {
    does: async (place) => place.put(manifest, { ...(await place.read(manifest)), software: 'edited' }),
    ...{ finding: 'ForgedRecord', error: 'RecordForged', words: /is not what was signed|was edited/ },
  },
  "another archive's manifest in its place": {
    does: async (place) => place.put(manifest, await place.read(keysOf('m1', second).manifest)),
    ...{
      finding: 'SwappedManifest',
      error: 'RecordForged',
      words: /is the manifest of offsite-20261202T020000Z|that of another archive/,
    },
  },
  'a signature that is taken off, before the cut-over': {
    does: async (place) => place.put(manifest, { ...(await place.read(manifest)), signature: undefined }),
    ...{ finding: 'UnsignedRecord', error: 'RecordForged', words: /has no signature, and/ },
  },
  'a signature that is taken off, after the cut-over': {
    does: async (place) => place.put(manifest, { ...(await place.read(manifest)), signature: undefined }),
    ...{ finding: 'UnsignedRecord', error: 'RecordForged', words: /has no signature, and/ },
    more: ['--signed-since', '2026-01-01'],
  },
};

/** The key of a machine, which only a test has at hand. */
async function homeKey({ home }: Place) {
  const pem = await readFile(join(home, 'signing-key.pem'), 'utf8');
  return { ...keyPair(), ...pemSigner(pem, 'key'), pem };
}

describe.each(Object.entries(ATTACKS))('%s', (_, { does, finding, error, words, more = [] }) => {
  test('is told by its name and with its sentence by every command, and the older archives are restored', async () => {
    const place = await copyOf();
    await does(place);
    const ids = (document: { archives: { snapshot: string }[] }) => document.archives.map(({ snapshot }) => snapshot);
    const list = await place.run('list', ...more);
    expect([list.code, ids(list.document)]).toEqual([0, NIGHTS.slice(0, 3)]);
    expect(list.document.unreadable).toMatchObject([{ key: manifest, why: expect.stringMatching(words) }]);
    const status = await place.run('status', ...more);
    expect(status.code).toBe(1);
    expect(status.document.managers[0].marks.join()).toContain(manifest);
    const told = await place.report(...more);
    expect(told.verdict).toEqual({ state: 'at-risk', why: expect.stringMatching(words) });
    expect(told.ofRecords).toMatchObject([{ kind: finding, about: manifest, message: expect.stringMatching(words) }]);
    expect(told.records.forged + told.records.missing).toBe(1);
    for (const which of [`m1/${newest}`, 'm1/latest']) {
      const show = await place.run('show', which, ...more);
      expect([show.code, show.document.error, show.document.message], show.out).toEqual([
        1,
        error,
        expect.stringMatching(words),
      ]);
    }
    const verify = await place.run('verify', '--all', ...more);
    expect([verify.code, verify.document.error, verify.document.message]).toEqual([
      1,
      error,
      expect.stringMatching(words),
    ]);
    const reconcile = await place.run('reconcile', '--manager', 'm1', ...more);
    const found = reconcile.document.findings.filter(({ about }: { about: string }) => about === manifest);
    expect(found).toMatchObject([{ kind: finding, message: expect.stringMatching(words) }]);

    const refused = await place.restore(...more);
    expect([refused.code, refused.document.error]).toEqual([1, error]);
    expect(refused.document.message).toMatch(words);
    expect(refused.document.message).toContain(`The next valid archive is ${third}`);
    const passed = await place.restore('--skip-damaged', ...more);
    expect([passed.code, passed.document.selection?.snapshot], passed.out).toEqual([0, third]);
    expect(passed.document.selection.notes.join()).toContain(`Passed over: ${newest}`);
    expect((await place.restore('--archive', second, ...more)).code).toBe(0);
  });
});

interface IndexAttack {
  readonly does: (place: Place) => Promise<void>;
  readonly fault: 'forged' | 'unreadable' | 'rolled back';
  readonly finding: string;
}

const putBack = async (place: Place) => {
  for (const [key, text] of Object.entries(earlier)) await place.put(key, text);
};
const INDEX_ATTACKS: Readonly<Record<string, IndexAttack>> = {
  'a head that is edited': {
    does: async (place) => place.put(HEAD, { ...(await place.read(HEAD)), sequence: 99 }),
    ...{ fault: 'forged', finding: 'ForgedIndex' },
  },
  'a page without its signature': {
    does: async (place) => place.put(PAGE, { ...(await place.read(PAGE)), signature: undefined }),
    ...{ fault: 'forged', finding: 'ForgedIndex' },
  },
  'no signature anywhere, and one archive less': {
    does: async (place) => {
      const { archives, ...page } = { ...(await place.read(PAGE)), signature: undefined };
      const unsigned = archives.slice(0, 3).map((row: object) => ({ ...row, signed: false }));
      await place.put(PAGE, { ...page, archives: unsigned, revision: 9 });
      const head = await place.read(HEAD);
      await place.put(HEAD, { ...head, signature: undefined, sequence: 9 });
      await place.hide(manifest);
    },
    ...{ fault: 'forged', finding: 'ForgedIndex' },
  },
  'a page that is cut off': {
    does: async (place) => place.put(PAGE, JSON.stringify(await place.read(PAGE)).slice(0, 300)),
    ...{ fault: 'unreadable', finding: 'UnreadableIndex' },
  },
  'a page that is hidden': {
    does: (place) => place.hide(PAGE),
    ...{ fault: 'rolled back', finding: 'IndexRolledBack' },
  },
  'a page that is put back as it once was': {
    does: (place) => place.put(PAGE, earlier[PAGE] ?? ''),
    ...{ fault: 'rolled back', finding: 'IndexRolledBack' },
  },
  'all of it put back, and the newest manifest hidden': {
    does: async (place) => {
      await putBack(place);
      await place.hide(manifest);
    },
    ...{ fault: 'rolled back', finding: 'IndexRolledBack' },
  },
  'all of it hidden, and the newest manifest': {
    does: async (place) => {
      for (const key of [PAGE, HEAD, manifest]) await place.hide(key);
    },
    ...{ fault: 'rolled back', finding: 'IndexRolledBack' },
  },
};

describe.each(Object.entries(INDEX_ATTACKS))('an index with %s', (_, { does, fault, finding }) => {
  test('is told by every command; restores go on with a note, exports go on, and nothing is let go', async () => {
    const place = await copyOf();
    await does(place);
    const list = await place.run('list');
    expect([list.code, list.document.index], list.err).toMatchObject([0, [{ fault }]]);
    expect((await place.run('status')).document.managers[0].marks.join()).toContain(`INDEX ${fault}: indexes/m1/`);
    const told = await place.report();
    expect(told.ofRecords).toMatchObject([{ kind: finding, about: expect.stringMatching(/^indexes\/m1\//) }]);
    expect(told.verdict).toEqual({ state: 'at-risk', why: told.ofRecords[0].message });
    expect(told.records.forged + told.records.unreadable).toBe(1);
    const verify = await place.run('verify', '--all');
    expect([verify.code, verify.document.error]).toEqual([1, 'VerificationIncomplete']);
    const reconcile = await place.run('reconcile', '--manager', 'm1');
    const kinds = reconcile.document.findings.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toContain(finding);
    expect(kinds).not.toContain('IndexBehind');
    const restore = await place.restore();
    expect([restore.code, restore.document.selection?.notes.join()], restore.out).toEqual([
      0,
      expect.stringContaining('The index of archives cannot be relied on'),
    ]);
    const tags = async () => (await place.run('show', `m1/${second}`)).document.expire;
    expect(await tags()).toBe('held');
  });
});

test('an index that was put back is told by what runs have seen of it, on a machine that remembers nothing', async () => {
  const place = await copyOf();
  await putBack(place);
  await place.hide(manifest);
  await rm(join(place.home, 'known-indexes.json'));
  const { document } = await place.run('reconcile', '--manager', 'm1');
  const told = document.findings.find(({ kind }: { kind: string }) => kind === 'IndexRolledBack');
  expect(told.message).toContain(`and the run ${newest} has seen number`);
});

test('a run that is killed before it comes to the index: told once, mended by --repair, and by the next night', async () => {
  const place = await copyOf();
  // As it is after the manifest and before the index.
  await putBack(place);
  await rm(join(place.home, 'known-indexes.json'));
  const run = keysOf('m1', newest).run;
  const { indexSequence: _, ...record } = await place.read(run);
  await place.put(run, record);
  expect((await place.restore()).code).toBe(0);
  expect((await place.run('list')).document).toMatchObject({ unreadable: [], index: [] });
  const look = async (...more: string[]) => {
    const { document } = await place.run('reconcile', '--manager', 'm1', ...more);
    return document.findings.map(({ kind, repair }: { kind: string; repair: string }) => `${kind} ${repair}`);
  };
  expect(await look()).toEqual(['IndexBehind could be']);
  expect(await look('--repair')).toEqual(['IndexBehind done']);
  expect(await look()).toEqual([]);
  const rows = (await place.read(PAGE)).archives;
  expect(rows.map(({ adopted }: { adopted?: true }) => adopted)).toEqual([undefined, undefined, undefined, true]);
});

test('what a person accepts as missing is told of no more, and the index says so from the next run on', async () => {
  const place = await copyOf();
  await place.hide(manifest);
  const accepted = await place.run('accept', newest, '--manager', 'm1', '--reason', 'a test');
  expect(accepted.document).toMatchObject({ outcome: 'accepted as missing', manager: 'm1', snapshot: newest });
  expect((await place.run('list')).document.unreadable).toEqual([]);
  expect((await place.restore()).document.selection.snapshot).toBe(third);
  await place.run('reconcile', '--manager', 'm1', '--repair');
  expect((await place.read(PAGE)).archives.at(-1)).toMatchObject({ snapshot: newest, fate: 'accepted' });
});

/** Nothing is told of what has expired as it should. */
async function expectQuiet(place: Place, gone: string) {
  const list = await place.run('list');
  expect(list.document).toMatchObject({ unreadable: [], index: [] });
  expect(list.out).not.toContain(gone);
  expect((await place.run('status')).document.managers[0].marks).toEqual([]);
  expect(await place.report()).toMatchObject({ ofRecords: [], records: { forged: 0, missing: 0, unreadable: 0 } });
  const verify = await place.run('verify', '--all');
  expect([verify.code, verify.document.error], verify.out).toEqual([0, null]);
  const reconcile = await place.run('reconcile', '--manager', 'm1');
  // What a folder keeps too long until somebody runs `retention expire` is another matter.
  const others = reconcile.document.findings.filter(({ kind }: { kind: string }) => kind !== 'OverdueArchive');
  expect(others, reconcile.out).toEqual([]);
  const restore = await place.restore();
  expect([restore.code, restore.document.selection.notes.filter((note: string) => /over|index/.test(note))]).toEqual([
    0,
    [],
  ]);
}

describe('what has expired as it should', () => {
  let place: Place;
  beforeAll(async () => {
    place = await copyOf();
    // Three more nights let the second one go: it is a daily one, for 28 days and 7 hidden ones.
    for (const day of [5, 6, 7]) {
      clock.advance(24 * 3600);
      await place.export(`2026-12-0${day}T02:00:00Z`);
    }
    expect((await place.run('show', `m1/${second}`)).document.expire).toBe('daily');
  });

  test('is told of as missing as long as its time is not over', async () => {
    const early = new Place(place.dir, place.home);
    await early.hide(keysOf('m1', second).manifest);
    expect((await early.run('list')).document.unreadable).toMatchObject([{ snapshot: second, fault: 'missing' }]);
    await early.s3(async (s3) => {
      const { DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'offsite' }));
      for (const { Key, VersionId } of DeleteMarkers.filter(({ IsLatest }) => IsLatest))
        await s3.send(new DeleteObjectCommand({ Bucket: 'offsite', Key, VersionId }));
    });
    await expectQuiet(early, 'nothing');
  });

  test('by lifecycle rules, then by `retention expire`, is told of by nobody', async () => {
    clock.advance(29 * 86_400);
    await place.export(clock.now().toISOString());
    const keys = keysOf('m1', second);
    for (const key of [keys.archive, keys.inspection, keys.manifest]) await place.hide(key);
    await expectQuiet(place, second);
    // The third one is due as well by now; the rules of this folder are those of a command.
    clock.advance(3 * 86_400);
    await place.export(clock.now().toISOString());
    const expired = await place.run('retention', 'expire', '--yes');
    expect(expired.out).toContain(keysOf('m1', third).archive);
    await expectQuiet(place, third);
    const fates = (await place.read(PAGE)).archives.map(({ fate }: { fate: string }) => fate);
    expect(fates.slice(0, 3)).toEqual(['recorded', 'expired', 'expired']);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flipByte } from '../../folder-s3/service/faults.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { main } from '../../lib/cli/main.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { signing } from '../support/signing.ts';

let dir: string;
const nights = ['2026-11-21T02:00:00Z', '2026-11-22T02:00:00Z'];
const [first = '', second = ''] = nights.map((time) => snapshotIdAt(new Date(time)));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-verify-'));
  for (const night of nights) {
    const { code } = await offsite('export', '--local', '--to', dir, '--size', '64KiB', '--scheduled-time', night);
    expect(code).toBe(0);
  }
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

async function offsite(...args: string[]) {
  const shown = { code: -1, out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({
    write: (text: string) => {
      shown[stream] += text;
    },
  });
  shown.code = await main(args, {
    ...{ out: to('out'), err: to('err'), interrupt: new AbortController().signal },
    signing,
    clock: { now: () => new Date(), sleep: async () => undefined },
  });
  return shown;
}

const verify = async (...args: string[]) => await offsite('verify', '--local', '--from', dir, ...args);

test('--all: exit 0, how many are whole and how much was read, one line per archive while it runs', async () => {
  const { code, out, err } = await verify('--all');
  expect([code, out]).toEqual([0, expect.stringMatching(/^Intact {4}2 of 2 archives in .*\nRead {6}[\d.]+ KiB/)]);
  expect(err).toContain(`  demo/${first}`);
  expect(err).toContain(`  demo/${second}`);
});

test('one by its id, a sample in per cent, the newest', async () => {
  for (const args of [
    ['latest', '--manager', 'demo'],
    [first, '--manager', 'demo'],
    ['--sample', '10%'],
  ]) {
    const { code, out } = await verify(...args);
    expect([code, out]).toEqual([0, expect.stringMatching(/^Intact {4}1 of 2 archives/)]);
  }
});

test('--json: exactly one document, also when it is about damage', async () => {
  const file = join(dir, 'offsite', keysOf('demo', second).archive);
  await flipByte(file);
  const { code, out, err } = await verify('--all', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    outcome: 'failed',
    error: 'ArchiveDamaged',
    counts: { good: 1, damaged: 1 },
  });
  expect(err).toMatch(/offsite: ArchiveDamaged: 1 of 2 archives is damaged: archives\/demo\//);
  expect(err).toContain(`  demo/${second} is damaged: MemberCorrupt: `);
  await flipByte(file);
  expect((await verify('--sample', '1%')).code).toBe(0);
});

/** Of the second local header and the last directory entry: nothing that a member's own CRC-32 covers. */
const METADATA: readonly (readonly [string, (zip: Buffer) => number])[] = [
  ['the time of a local header', (zip) => zip.indexOf('PK\x03\x04', 4) + 10],
  ['the version that a directory entry needs', (zip) => zip.lastIndexOf('PK\x01\x02') + 6],
  ['the time of a directory entry', (zip) => zip.lastIndexOf('PK\x01\x02') + 12],
  ['the internal attributes', (zip) => zip.lastIndexOf('PK\x01\x02') + 36],
  ['the mode of a file', (zip) => zip.lastIndexOf('PK\x01\x02') + 41],
];

test.each(METADATA)('one bit of %s, which no member covers: damaged, and with the bit back sound', async (_, at) => {
  const file = join(dir, 'offsite', keysOf('demo', first).archive);
  const whole = await readFile(file);
  const bad = Buffer.from(whole);
  bad[at(whole)] = (whole[at(whole)] ?? 0) ^ 1;
  await writeFile(file, bad);
  const { code, out } = await verify('--all', '--json');
  const { damaged, counts } = JSON.parse(out);
  expect([code, counts.damaged, damaged[0].archive]).toEqual([1, 1, `demo/${first}`]);
  expect(damaged[0].message).toMatch(/CRC-32|directory/);
  await writeFile(file, whole);
  expect((await verify('--all')).code).toBe(0);
});

test.each<[string, string[], RegExp]>([
  ['nothing said', [], /--sample 10%, or --all/],
  ['an archive without a manager', ['latest'], /add --manager NAME/],
  ['two archives', ['latest', 'other', '--manager', 'demo'], /Unexpected argument 'other'/],
  ['an odd share', ['--sample', '0%'], /--sample 0: must be a whole number from 1 to 100/],
  ['a sample of all', ['--sample', '10%', '--all'], /all: must not be given together with sample/],
  ['a wrong name', ['--all', '--manager', 'Demo'], /manager: must be 1-63/],
  ['a folder that is none', ['--all', '--from', '/nowhere'], /holds no archives/],
])('%s: exit 2, one line', async (_, args, says) => {
  const { code, err } = await verify(...args);
  expect([code, err]).toEqual([2, expect.stringMatching(says)]);
  expect(err.split('\n')).toHaveLength(2);
});

test('a manager without archives: exit 1', async () => {
  const { code, err } = await verify('--all', '--manager', 'other');
  expect([code, err]).toEqual([1, expect.stringMatching(/ArchiveNotFound: Manager other has no archive in folder/)]);
});

import { expect, test } from 'vitest';
import { KeyIndex } from '../../folder-s3/store/key-index.ts';
import type { Version } from '../../folder-s3/store/version.ts';
import { heapInUse } from '../support/many-archives.ts';
import { seeded } from '../support/seeded.ts';

const versionOf = (id: string): Version => ({
  id,
  deleteMarker: false,
  lastModified: '2026-11-30T15:00:00.000Z',
  size: 5,
  etag: '"0123456789abcdef0123456789abcdef"',
  headers: { 'content-type': 'application/json' },
  metadata: {},
  tags: [{ key: 'expire', value: 'daily' }],
});

/** Surrogates come before U+FFxx as UTF-16, and after it as UTF-8. */
const NAMES = ['a', 'b', 'a/', 'b/', 'ä', 'm1/', '\uff5e', '\u{1f600}', 'z'];

test('keys come as sorting all of them by their bytes gives them, whatever was added and removed in between', () => {
  const bytes = (key: string) => Buffer.from(key);
  for (const random of seeded(200)) {
    const index = new KeyIndex();
    const known = new Map<string, Version[]>();
    const name = () => NAMES[Math.floor(random() * NAMES.length)] ?? '';
    for (let step = 0; step < 60; step++) {
      const key = `${name()}${name()}${name()}`;
      const versions = random() < 0.3 ? [] : [versionOf(`v${step}`)];
      index.set({ key, versions });
      if (versions.length > 0) known.set(key, versions);
      else known.delete(key);
      if (random() < 0.8) continue;
      const [prefix, from] = [random() < 0.5 ? '' : name(), random() < 0.5 ? '' : `${name()}${name()}`];
      const wanted = [...known.keys()].filter((one) => one.startsWith(prefix));
      const sorted = wanted.sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
      const later = sorted.filter((one) => Buffer.compare(bytes(one), bytes(from)) >= 0);
      expect([...index.keys(prefix, from)]).toEqual(later);
      expect([index.versions(key), index.has(key)]).toEqual([known.get(key) ?? [], known.has(key)]);
    }
  }
});

test('a list of one manager looks at no key of another, and a key takes less than 40 bytes of the heap', () => {
  const before = heapInUse();
  const index = new KeyIndex();
  for (let manager = 0; manager < 300; manager++) {
    for (let i = 0; i < 132; i++) {
      const key = `manifests/m${manager}/2026/11/offsite-20261130T15${String(i).padStart(4, '0')}Z.json`;
      index.set({ key, versions: [versionOf(`${manager}-${i}-0123456789abcdef0123456789`)] });
    }
  }
  expect([...index.keys('manifests/m17/', '')]).toHaveLength(132);
  expect((heapInUse() - before) / (300 * 132)).toBeLessThan(40);
});

test('keys that come and go give their room back, and those between them stay', () => {
  const index = new KeyIndex();
  const kept = Array.from({ length: 3000 }, (_, i) => `kept/${i}`);
  for (const key of kept) index.set({ key, versions: [versionOf(key)] });
  heapInUse();
  const before = process.memoryUsage().arrayBuffers;
  for (let turn = 0; turn < 40; turn++) {
    const passing = Array.from({ length: 2000 }, (_, i) => `passing/${turn}/${i}`);
    for (const key of passing) index.set({ key, versions: [versionOf(key)] });
    if (turn % 10 === 0) expect([...index.keys('passing/', '')]).toHaveLength(2000);
    for (const key of passing) index.set({ key, versions: [] });
  }
  heapInUse();
  heapInUse();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 ** 2);
  expect([...index.keys('', '')]).toEqual([...kept].sort());
  expect(kept.every((key) => index.versions(key)[0]?.id === key)).toBe(true);
});

test('a record that is replaced over and over gives its room back, and longer ones than a block are held', () => {
  const index = new KeyIndex();
  const many = Array.from({ length: 12_000 }, (_, i) => versionOf(`${i}-0123456789abcdef0123456789`));
  index.set({ key: 'long', versions: many });
  const before = process.memoryUsage().arrayBuffers;
  for (let turn = 0; turn < 60; turn++) index.set({ key: 'long', versions: [...many].reverse() });
  heapInUse();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 ** 2);
  expect(index.versions('long').map(({ id }) => id)).toEqual(many.map(({ id }) => id).reverse());
});

test('versions come back as they went in, whatever their headers, tags and names', () => {
  const index = new KeyIndex();
  const odd = (i: number): Version => ({
    ...versionOf(`v${i}`),
    ...{ metadata: { note: `☃ ${i} "quoted"` }, legalHold: 'ON', uploadId: `u${i}` },
    checksum: { crc32: 'AAAAAA==', type: 'FULL_OBJECT' },
  });
  for (let i = 0; i < 1500; i++) index.set({ key: `k${i}`, versions: [odd(i), versionOf('older')] });
  for (const i of [0, 999, 1000, 1499]) expect(index.versions(`k${i}`)).toEqual([odd(i), versionOf('older')]);
});

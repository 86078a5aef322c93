import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { entryOf, manifestsOf, markOf } from '../../bench/growth-records.ts';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { digestOf, type IndexRow } from '../../lib/catalogue/index-records.ts';
import { PagedRows } from '../../lib/catalogue/paged-rows.ts';
import { WordedEntry } from '../../lib/catalogue/worded-entry.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { decide } from '../../lib/retention/decide.ts';
import { nextRows } from '../../lib/retention/index-rows.ts';
import { indexHeadOf, indexMonthOf, indexPageOf, recordsOf } from '../../lib/storage/layout.ts';
import { heapInUse } from '../support/many-archives.ts';

const KEY = 'a'.repeat(64);
const signed = { state: 'signed', key: KEY, known: 'trusted' } as const;
const now = new Date('2026-11-30T00:00:00Z');

/** What a bucket with so many archives answers, as texts: what is read is parsed anew, as from storage. */
function bucketOf(archives: number) {
  const small = { bytes: Buffer.alloc(1000), crc32: 1, members: 10 };
  const manifests = manifestsOf('m1', small, { managers: ['m1'], archives, now });
  const decisions = decide(manifests.map(entryOf), defaultRules, now).map((decision, at) => {
    const manifest = manifests[at] as (typeof manifests)[number];
    const [source, markSource] = ['1', '2'].map((digit) => ({ etag: `"${digit.repeat(32)}"`, key: KEY }));
    const own = { digest: digestOf(manifest), hasSignature: true, ...(source as { etag: string; key: string }) };
    return { ...decision, entry: { ...decision.entry, source: own, mark: markOf(manifest), markSource } };
  });
  const facts = {
    ...{ catalogue: { absent: [], waived: [] }, decisions, policy: defaultRules.retention, now, mayLoosen: true },
    seen: new Map(manifests.map(({ snapshot }) => [snapshot.id, true])),
  };
  const rows = [...nextRows(new Map<string, IndexRow>(), facts).values()].filter((row) => row !== null);
  const records = new Map<string, string>();
  const pages: Record<string, unknown> = {};
  for (const [month, of] of Map.groupBy(rows, ({ snapshot }) => indexMonthOf(snapshot))) {
    const page = { schema: 'cloudify-offsite/index/1', manager: 'm1', month, revision: 1, archives: of };
    records.set(indexPageOf('m1', month), JSON.stringify(page));
    pages[month] = { revision: 1, sha256: digestOf(page) };
  }
  const head = { schema: 'cloudify-offsite/index-head/1', manager: 'm1', sequence: 1, at: now.toISOString(), pages };
  records.set(indexHeadOf('m1'), JSON.stringify(head));
  const versions = JSON.stringify(decisions.map(({ entry }) => entry.stored));
  const listed = new Map(
    [recordsOf('manifest', 'm1'), recordsOf('mark', 'm1')].map((prefix, at) => [
      prefix,
      JSON.stringify(
        manifests.map(({ archive: { key } }) => ({
          key: key.replace('archives/m1/', prefix).replace('.zip', '.json'),
          etag: `"${String(at + 1).repeat(32)}"`,
        })),
      ),
    ]),
  );
  const newest = new Map<string, object>();
  for (const one of manifests.slice(-5)) {
    newest.set(`manifests/${one.snapshot.id}`, { ...one, signature: {} });
    newest.set(`marks/${one.snapshot.id}`, markOf(one));
  }
  return { records, versions, listed, newest };
}

function storeWith(archives: number) {
  const { records, versions, listed, newest } = bucketOf(archives);
  const read = async (key: string) => {
    const snapshot = /([^/]+)\.json$/.exec(key)?.[1] ?? '';
    const text = records.get(key) ?? JSON.stringify(newest.get(`${key.split('/')[0]}/${snapshot}`));
    return {
      value: JSON.parse(text),
      etag: `"${(key.startsWith('marks/') ? '2' : '1').repeat(32)}"`,
      standing: signed,
    };
  };
  const store = {
    records: {
      read: read as never,
      list: async (prefix: string) => JSON.parse(listed.get(prefix) ?? '[]'),
      knows: async () => 'trusted' as const,
    },
    versions: async () =>
      (JSON.parse(versions) as { storedAt: string }[]).map(
        (one) => ({ ...one, storedAt: new Date(one.storedAt) }) as never,
      ),
  };
  return store;
}

async function heldBy(archives: number): Promise<number> {
  const archive = storeWith(archives);
  const before = heapInUse();
  const catalogue = await readCatalogue('m1', { archive }, { byIndex: true });
  const held = heapInUse() - before;
  expect(catalogue.unreadable).toEqual([]);
  expect(catalogue.entries.filter((entry) => entry instanceof WordedEntry)).toHaveLength(archives - 5);
  return held;
}

test('what is held of each archive whose row stands for its manifest is under 600 bytes, and does not grow with their number', async () => {
  await heldBy(500);
  const [some, many] = [await heldBy(2000), await heldBy(5000)];
  expect((many - some) / 3000).toBeLessThan(600);
  expect(many / 5000).toBeLessThan(1000);
});

/** Reads them, and gives one entry. */
async function oneOf(archives: number) {
  const { entries } = await readCatalogue('m1', { archive: storeWith(archives) }, { byIndex: true });
  const [entry] = entries;
  expect(entry?.manifest.archive.size).toBe(1000);
  return entry;
}

test('who holds one entry holds no rows but as text beside the heap: a second look is not held beside the first', async () => {
  await heldBy(500);
  const before = heapInUse();
  const entry = await oneOf(5000);
  // The months that were asked for last go with the next index that is read.
  expect(new PagedRows(new Map()).size).toBe(0);
  // A weak reference holds what it was made of until the turn of the loop ends.
  await setImmediate();
  expect((heapInUse() - before) / 5000).toBeLessThan(60);
  expect(entry).toBeInstanceOf(WordedEntry);
});

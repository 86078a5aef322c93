import { expect, test } from 'vitest';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import { requireMemory } from '../../lib/base/memory.ts';
import { readCatalogue } from '../../lib/catalogue/catalogue.ts';
import { readyAt } from '../../lib/catalogue/entry.ts';
import { newestOnly } from '../../lib/catalogue/newest.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { flagsOf } from '../../lib/export/drift.ts';
import { silent } from '../../lib/local/deps.ts';
import { replacedSince } from '../../lib/reconcile/expiry-times.ts';
import { decide } from '../../lib/retention/decide.ts';
import { planOf } from '../../lib/retention/plan.ts';
import { heapInUse, ManyArchives } from '../support/many-archives.ts';

const MANY = 10_000;
const NOW = new Date('2026-11-30T15:00:00Z');

test('10,000 archives are known by one request each and six lists, in less than 2,500 bytes each', async () => {
  const archive = new ManyArchives(MANY, NOW);
  const before = heapInUse();
  const known = await readCatalogue('m1', { archive });
  const each = (heapInUse() - before) / MANY;
  expect(known.entries).toHaveLength(MANY);
  expect([archive.reads, archive.lists.length]).toEqual([MANY + 1, 6]);
  expect(each).toBeLessThan(2500);
  const plan = planOf('m1', known.entries, defaultRules, { now: NOW, at: NOW, nightly: false });
  expect(plan.archives.length + plan.gone.length).toBe(MANY);
});

test('for the newest 100 of 10,000, marks and archives of their months alone are listed', async () => {
  const archive = new ManyArchives(MANY, NOW);
  const { entries } = await readCatalogue('m1', { archive }, { choose: newestOnly(100) });
  expect(entries.map(({ stored }) => stored !== null)).toEqual(Array(100).fill(true));
  expect(archive.lists.filter((prefix) => /^(marks|archives)/.test(prefix))).toEqual([
    'marks/m1/2026/11/',
    'archives/m1/2026/11/',
  ]);
});

test('what a run is compared with is among the newest, and no other of 10,000 is read', async () => {
  const archive = new ManyArchives(MANY, NOW);
  const deps = {
    archive: archive as never,
    rulesOf: () => defaultRules,
    log: silent,
    clock: { now: () => NOW } as never,
    signal: new AbortController().signal,
  };
  const run = { manager: 'm1', snapshot: 'offsite-20261130T150000Z' };
  const inspection = { inventory: { totals: { tenants: 0 }, tenants: {} } } as never;
  const flags = await flagsOf(run, inspection, 5, deps);
  expect(flags).toEqual([{ kind: 'drift', type: 'tenants', before: 1, now: 0, percent: 100 }]);
  expect(archive.reads).toBeLessThanOrEqual(60);
});

test('since when enough newer ones are there is the same as looking through all of them for each', async () => {
  const { entries } = await readCatalogue('m1', { archive: new ManyArchives(60, NOW) });
  // Some of the same time, some gone, some accepted late.
  const mixed = entries.map((entry, i) => {
    const ready =
      i % 7 === 3 ? (entries[i - 1]?.manifest.times.snapshotReady ?? '') : entry.manifest.times.snapshotReady;
    const recorded = new Date(readyAt(entry) + ((i * 37) % 50) * 3_600_000).toISOString();
    const times = { ...entry.manifest.times, snapshotReady: ready, recorded };
    return { ...entry, stored: i % 5 === 4 ? null : entry.stored, manifest: { ...entry.manifest, times } };
  });
  const decisions = decide(mixed, defaultRules, NOW);
  for (const held of [1, 3, 7]) {
    const quick = replacedSince(decisions, held);
    for (const decision of decisions) {
      const newer = mixed.filter((one) => one.stored !== null && readyAt(one) > readyAt(decision.entry));
      const since = newer.map(({ manifest }) => Date.parse(manifest.times.recorded)).sort((a, b) => a - b)[held - 1];
      expect(quick.get(decision)).toBe(since);
    }
  }
});

test('what does not fit the memory is refused by name before it is read', () => {
  const heap = { heap_size_limit: 100 * 2 ** 20, used_heap_size: 40 * 2 ** 20 };
  const needs = { bytes: 2500, what: 'Manager m1 has so many archives', advice: 'Do this.' };
  expect(() => requireMemory({ ...needs, count: MANY }, heap)).not.toThrow();
  expect(() => requireMemory({ ...needs, count: 10 * MANY }, heap)).toThrow(InvalidConfiguration);
  expect(() => requireMemory({ ...needs, count: 10 * MANY }, heap)).toThrow(
    /which may have 100 MB and would need 29\d\. Do/,
  );
});

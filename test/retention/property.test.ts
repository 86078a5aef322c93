import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MUTANTS } from '../support/mutants.ts';
import { isFull, oneIn } from '../support/sampled.ts';
import { histories } from './histories.ts';
import { type Happening, type History, Player, type Product } from './player.ts';

/** The product's own code, loaded afresh: with the fault that is planted, if there is one. */
async function load(): Promise<Product> {
  const { recordArchive } = await import('../../functions/record-archive.ts');
  const { lifecycleRules } = await import('../../lib/config/lifecycle.ts');
  const { applyRetention } = await import('../../lib/retention/apply.ts');
  const { endKeep, keepArchive } = await import('../../lib/retention/keep.ts');
  const { retain } = await import('../../lib/retention/retain.ts');
  return { recordArchive, applyRetention, retain, keepArchive, endKeep, lifecycleRules };
}

async function play(product: Product, history: History): Promise<void> {
  const player = new Player(product, history);
  try {
    await player.play(history.happenings);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${player.story.join('\n')}`, { cause: error });
  }
}

/** 40 ms of CPU each. Enough for every planted fault, many times over. */
const HISTORIES = isFull ? 20_000 : 200;

test(
  'in whatever history the floor stands, nothing goes too soon and nothing stays too long',
  async () => {
    const product = await load();
    await fc.assert(
      fc.asyncProperty(histories, (history) => play(product, history)),
      { numRuns: HISTORIES },
    );
  },
  isFull ? 3_600_000 : 300_000,
);

const POLICY = { held: 2, days: { daily: 4, weekly: 10, monthly: 40, yearly: 100 }, undoDays: 2 };
const night = (kills: number[] = [], minute = 0) =>
  ({ what: 'night', minute, result: 'good', lateDays: 0, hours: 1, kills }) as const;
const many = (count: number) => Array.from({ length: count }, () => night());

/** More than any of these histories makes in its last nights, twice. */
const REQUESTS = Array.from({ length: 240 }, (_, at) => at + 1);

/** The process dies at one request after another, before it (odd) and after it (even). */
const KILLED: Readonly<Record<string, (kill: number) => readonly Happening[]>> = {
  'a night that lets an older one go': (kill) => [...many(5), night([kill]), { what: 'wait', days: 3 }, ...many(2)],
  'a night after a wish to keep has ended': (kill) => [
    ...[night(), night()],
    { what: 'keep', pick: 0, days: 4, kill: 0 },
    ...[...many(3), night([kill], 61), night()],
  ],
  'a scrub that finds the newest damaged': (kill) => [
    ...[...many(5), { what: 'scrub', pick: 0, damaged: true, kill } as const],
    ...[{ what: 'wait', days: 12 } as const, ...many(2)],
  ],
  'somebody who keeps one': (kill) => [...many(4), { what: 'keep', pick: 2, days: 9, kill }, ...many(3)],
};

test.each(Object.keys(KILLED))('killed at any request: %s', async (name) => {
  const product = await load();
  // An odd step: kills before a request and after one take turns.
  for (const kill of oneIn(5, REQUESTS)) {
    const happenings = KILLED[name]?.(kill) ?? [];
    await play(product, { zone: 'Europe/Berlin', start: '2026-03-26', policy: POLICY, happenings });
  }
});

describe('a fault in the product is found:', () => {
  afterEach(() => {
    vi.doUnmock('../lib');
    vi.resetModules();
  });

  test.each(MUTANTS.map((mutant, index) => ({ ...mutant, index })))(
    '$name',
    { timeout: 300_000 },
    async ({ file, index }) => {
      const path = new URL(`../../${file}`, import.meta.url).pathname;
      vi.resetModules();
      vi.doMock(path, () => import(/* @vite-ignore */ `${path}?mutant=${index}`));
      const product = await load();
      vi.doUnmock(path);
      const found = await fc.check(
        fc.asyncProperty(histories, (history) => play(product, history)),
        { numRuns: 1000, seed: 1, endOnFailure: true },
      );
      expect(found.failed, 'no history shows it').toBe(true);
      expect(found.errorInstance).toBeInstanceOf(Error);
    },
  );
});

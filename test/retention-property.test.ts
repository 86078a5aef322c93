import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { histories } from './retention/histories.ts';
import { type History, Player, type Product } from './retention/player.ts';
import { MUTANTS } from './support/mutants.ts';

/** The product's own code, loaded afresh: with the fault that is planted, if there is one. */
async function load(): Promise<Product> {
  const { recordArchive } = await import('../functions/record-archive.ts');
  const { lifecycleRules } = await import('../lib/config/lifecycle.ts');
  const { applyRetention } = await import('../lib/retention/apply.ts');
  const { endKeep, keepArchive } = await import('../lib/retention/keep.ts');
  const { retain } = await import('../lib/retention/retain.ts');
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

/** Enough for every planted fault, many times over; more by hand: OFFSITE_TEST_HISTORIES=20000. */
const HISTORIES = Number(process.env.OFFSITE_TEST_HISTORIES ?? 3000);

test('in whatever history the floor stands, nothing goes too soon and nothing stays too long', async () => {
  const product = await load();
  await fc.assert(
    fc.asyncProperty(histories, (history) => play(product, history)),
    { numRuns: HISTORIES },
  );
}, 300_000);

describe('a fault in the product is found:', () => {
  afterEach(() => {
    vi.doUnmock('../lib');
    vi.resetModules();
  });

  test.each(MUTANTS.map((mutant, index) => ({ ...mutant, index })))('$name', async ({ file, index }) => {
    const path = new URL(`../${file}`, import.meta.url).pathname;
    vi.resetModules();
    vi.doMock(path, () => import(/* @vite-ignore */ `${path}?mutant=${index}`));
    const product = await load();
    vi.doUnmock(path);
    const found = await fc.check(
      fc.asyncProperty(histories, (history) => play(product, history)),
      { numRuns: 1000, seed: 7, endOnFailure: true },
    );
    expect(found.failed, 'no history shows it').toBe(true);
    expect(found.errorInstance).toBeInstanceOf(Error);
  });
});

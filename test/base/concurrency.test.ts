import { expect, test } from 'vitest';
import { mapAtMost, readAhead } from '../../lib/base/concurrency.ts';

/** Pieces of work that end when the test says so. */
class Works {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, { resolve: (n: number) => void; reject: (error: Error) => void }>();

  readonly do = async (n: number): Promise<number> => {
    this.begun.push(n);
    return await new Promise((resolve, reject) => this.#ends.set(n, { resolve, reject }));
  };
  async end(n: number, error?: Error): Promise<void> {
    const { resolve, reject } = this.#ends.get(n) ?? {};
    if (error) reject?.(error);
    else resolve?.(n * 10);
    await new Promise((done) => setImmediate(done));
  }
}

test('so many at once and no more, and the results in the order of the list', async () => {
  const works = new Works();
  const all = mapAtMost(2, [1, 2, 3], works.do);
  expect(works.begun).toEqual([1, 2]);
  await works.end(2);
  expect(works.begun).toEqual([1, 2, 3]);
  await works.end(3);
  await works.end(1);
  expect(await all).toEqual([10, 20, 30]);
});

test('after a failure nothing more is begun, and nothing is left at work when it is thrown', async () => {
  const works = new Works();
  let over = '';
  const all = mapAtMost(2, [1, 2, 3, 4, 5], works.do).catch((error: Error) => {
    over = error.message;
  });
  await works.end(1, new Error('SlowDown'));
  expect([over, works.begun]).toEqual(['', [1, 2]]);
  await works.end(2);
  await all;
  expect([over, works.begun]).toEqual(['SlowDown', [1, 2]]);
});

test('nothing is begun after a failure that came while others were given way to', async () => {
  const late: number[] = [];
  let hasFailed = false;
  const list = Array.from({ length: 300 }, (_, at) => at);
  const all = mapAtMost(2, list, async (at) => {
    if (hasFailed) late.push(at);
    if (at !== 98) return;
    await new Promise<void>((done) => process.nextTick(done));
    hasFailed = true;
    throw new Error('SlowDown');
  });
  await expect(all).rejects.toThrow('SlowDown');
  expect(late).toEqual([]);
});

test('reading ahead: in the order of the list, so many more begun, and nothing at work when the caller is through', async () => {
  const works = new Works();
  const used: number[] = [];
  let isOver = false;
  const all = (async () => {
    for await (const one of readAhead(1, [1, 2, 3, 4], works.do)) {
      used.push(one);
      if (used.length === 2) throw new Error('the disk is full');
    }
  })().catch(() => {
    isOver = true;
  });
  await works.end(2);
  expect([works.begun, used]).toEqual([[1, 2], []]);
  await works.end(1);
  expect([works.begun, used, isOver]).toEqual([[1, 2, 3], [10, 20], false]);
  await works.end(3, new Error('and nobody asks for it any more'));
  await all;
  expect([works.begun, isOver]).toEqual([[1, 2, 3], true]);
});

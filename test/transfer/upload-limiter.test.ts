import { expect, test } from 'vitest';
import { SlowDown } from '../../lib/storage/s3-errors.ts';
import { UploadLimiter } from '../../lib/transfer/upload-limiter.ts';
import { VirtualClock } from '../support/clock.ts';

/** Puts that end when they are told to. */
class Puts {
  readonly uploadLimiter: UploadLimiter;
  readonly clock = new VirtualClock();
  readonly #open: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  readonly all: Promise<void>[] = [];

  constructor() {
    this.uploadLimiter = new UploadLimiter(this.clock);
  }

  start(count: number): void {
    for (let i = 0; i < count; i++) this.all.push(this.uploadLimiter.run(this.#put, new AbortController().signal));
  }

  get underWay(): number {
    return this.#open.length;
  }

  /** The oldest of those under way end, well or with a complaint. */
  async end(count: number, how: 'well' | 'slow'): Promise<void> {
    for (const put of this.#open.splice(0, count)) {
      if (how === 'well') put.resolve();
      else put.reject(new SlowDown('Bucket offsite could not store part 7: SlowDown (HTTP 503).'));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  readonly #put = () => new Promise<void>((resolve, reject) => this.#open.push({ resolve, reject }));
}

test('storage that does not complain gets as many as there are', async () => {
  const puts = new Puts();
  puts.start(20);
  expect(puts.underWay).toBe(20);
  await puts.end(20, 'well');
  await Promise.all(puts.all);
});

test('a complaint halves what is under way, once for all that began before it, and no part is given up', async () => {
  const puts = new Puts();
  puts.start(8);
  await puts.end(3, 'slow');
  expect(puts.uploadLimiter.uploadLimiter).toBe(4);
  // Five of the first eight go on; the three wait for a lane.
  expect(puts.underWay).toBe(5);
  await puts.end(1, 'well');
  expect(puts.underWay).toBe(4);
  for (let i = 0; i < 8; i++) await puts.end(1, 'well');
  await Promise.all(puts.all);
});

test('puts that storage takes bring the lanes back, one for each round', async () => {
  const puts = new Puts();
  puts.start(8);
  await puts.end(8, 'slow');
  expect(puts.uploadLimiter.uploadLimiter).toBe(4);
  for (let i = 0; i < 8; i++) await puts.end(1, 'well');
  await Promise.all(puts.all);
  expect(puts.uploadLimiter.uploadLimiter).toBeGreaterThan(5);
  expect(puts.uploadLimiter.uploadLimiter).toBeLessThan(6);
  puts.start(20);
  expect(puts.underWay).toBe(5);
  for (let i = 0; i < 40; i++) await puts.end(1, 'well');
  await Promise.all(puts.all);
});

test('there is always one lane', async () => {
  const puts = new Puts();
  puts.start(2);
  for (let i = 0; i < 3; i++) await puts.end(2, 'slow');
  expect(puts.uploadLimiter.uploadLimiter).toBe(1);
  for (let i = 0; i < 6; i++) await puts.end(1, 'well');
  await Promise.all(puts.all);
});

test('storage that stays too busy for a minute is the error of the step, which is tried again later', async () => {
  const clock = new VirtualClock();
  const before = clock.now().getTime();
  const uploadLimiter = new UploadLimiter(clock);
  let attempts = 0;
  const run = uploadLimiter.run(async () => {
    attempts += 1;
    throw new SlowDown('Bucket offsite could not store part 7: SlowDown (HTTP 503).');
  }, new AbortController().signal);
  await expect(run).rejects.toMatchObject({ name: 'StorageUnavailable', message: /SlowDown/ });
  expect(attempts).toBe(8);
  expect((clock.now().getTime() - before) / 1000).toBeCloseTo(60, -1);
});

test('any other error is passed on at once', async () => {
  const uploadLimiter = new UploadLimiter(new VirtualClock());
  const run = uploadLimiter.run(async () => await Promise.reject(new Error('no space')), new AbortController().signal);
  await expect(run).rejects.toThrow('no space');
  expect(uploadLimiter.uploadLimiter).toBe(Number.POSITIVE_INFINITY);
});

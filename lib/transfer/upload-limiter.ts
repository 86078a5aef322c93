import type { Clock } from '../base/ports.ts';
import { SlowDown } from '../storage/s3-errors.ts';

/** Waits before the next attempt of a put that storage was too busy for: a minute in all, then the step tries again. */
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000] as const;

/**
 * How many parts may be on their way at once: as many as there are buffers, until storage says "slow down". Then half of
 * those that were under way, one more for every round that succeeds, as TCP does it. The part is not given up, and so
 * neither is the stream that it came from.
 */
export class UploadLimiter {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #lanes = Number.POSITIVE_INFINITY;
  #busy = 0;
  /** Grows with every slow-down that was heeded: puts that began before tell nothing new. */
  #epoch = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `Infinity` as long as storage has not complained. */
  get uploadLimiter(): number {
    return this.#lanes;
  }

  /** Throws what `put` throws; `SlowDown` only when storage was too busy for a minute. */
  async run(put: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (const wait of WAITS_MS) {
      if (await this.#attempt(put)) return;
      await this.#clock.sleep(wait, signal);
    }
    await this.#inLane(put);
  }

  /** False: storage is too busy. */
  async #attempt(put: () => Promise<void>): Promise<boolean> {
    try {
      await this.#inLane(put);
      return true;
    } catch (error) {
      if (error instanceof SlowDown) return false;
      throw error;
    }
  }

  async #inLane(put: () => Promise<void>): Promise<void> {
    while (this.#busy >= Math.floor(this.#lanes)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#busy += 1;
    const epoch = this.#epoch;
    try {
      await put();
      this.#lanes += 1 / this.#lanes;
    } catch (error) {
      if (error instanceof SlowDown && epoch === this.#epoch) this.#halve();
      throw error;
    } finally {
      this.#busy -= 1;
      for (const next of this.#waiting.splice(0, Math.floor(this.#lanes) - this.#busy)) next();
    }
  }

  #halve(): void {
    this.#epoch += 1;
    this.#lanes = Math.max(1, Math.floor(this.#busy / 2));
  }
}

import { seconds } from '../base/durations.ts';
import type { Clock } from '../base/ports.ts';

/** What goes out and what comes in are limited each by itself, as most lines are. */
export interface Rates {
  readonly sent: Bandwidth;
  readonly read: Bandwidth;
}

export function ratesOf(clock: Clock, bytesPerSecond?: number): Rates {
  return { sent: new Bandwidth(clock, bytesPerSecond), read: new Bandwidth(clock, bytesPerSecond) };
}

/**
 * Keeps what goes one way below a number of bytes a second, all spans together. Each part gets its place in time
 * when it is full, and waits for it: meanwhile it holds its buffer, so that soon the manager waits as well.
 */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number | undefined;
  /** When all that was let through will have been sent at that rate. */
  #freeAt = 0;

  /** Without a rate nothing waits. */
  constructor(clock: Clock, bytesPerSecond?: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  get isLimited(): boolean {
    return this.#bytesPerSecond !== undefined;
  }

  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === undefined) return;
    const now = this.#clock.now().getTime();
    const begins = Math.max(now, this.#freeAt);
    this.#freeAt = begins + (bytes / this.#bytesPerSecond) * seconds(1);
    // The time of the part itself is waited for as well: a run of one part is no faster than one of many.
    await this.#clock.sleep(this.#freeAt - now, signal);
  }
}

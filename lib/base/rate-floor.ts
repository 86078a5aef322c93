import { minutes, seconds } from './durations.ts';

/** Each window of waiting is judged by itself: a sender that was quick an hour ago may drip now. */
const WINDOW_MS = minutes(1);
/**
 * Four bodies share a line of 40 kB/s, the slowest that we plan for, and each of them gets ten times as much. What drips a
 * byte a second would be waited for until the step's own time is over, which on one machine is a day.
 */
const BYTES_PER_SECOND = 1000;

/** A body comes, and so slowly that it would not end: time-outs for silence begin anew with every byte. */
export class TooSlow extends Error {
  /** As the codes of sockets: `codeOf` gives it. */
  readonly code = 'TOO_SLOW';

  constructor(bytes: number, milliseconds: number) {
    super(`sent ${bytes} bytes in ${Math.round(milliseconds / seconds(1))} s`);
  }
}

/** Watches how fast a body comes while it is waited for: time in which its taker is busy does not count. */
export class RateFloor {
  readonly #now: () => number;
  #since: number | undefined;
  #waited = 0;
  #bytes = 0;

  /** `now`: milliseconds of a clock that nobody sets. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** More is asked for from now on. */
  wait(): void {
    this.#since ??= this.#now();
  }

  /** A piece has come. Gives what is wrong, after a minute of waiting in which too few did. */
  got(bytes: number): TooSlow | undefined {
    this.#waited += this.#now() - (this.#since ?? this.#now());
    this.#since = undefined;
    this.#bytes += bytes;
    if (this.#waited < WINDOW_MS) return undefined;
    const isSlow = this.#bytes < (this.#waited / seconds(1)) * BYTES_PER_SECOND;
    const slow = isSlow ? new TooSlow(this.#bytes, this.#waited) : undefined;
    this.#waited = 0;
    this.#bytes = 0;
    return slow;
  }
}

import type { Clock } from '../../lib/base/ports.ts';

/** Time that passes only when somebody waits. */
export class VirtualClock implements Clock {
  #now: number;

  constructor(start = '2026-11-22T02:00:00.000Z') {
    this.#now = Date.parse(start);
  }

  now = (): Date => new Date(this.#now);

  sleep = async (milliseconds: number): Promise<void> => {
    this.advance(milliseconds / 1000);
  };

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

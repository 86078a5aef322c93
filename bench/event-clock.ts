/** Virtual time for things that go on at once: it jumps to whoever waits for the shortest, when nobody else can move. */
export class EventClock {
  #now = 0;
  #timers: { at: number; wake: () => void }[] = [];
  #stopped = false;

  /** Seconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  async sleep(seconds: number): Promise<void> {
    await new Promise<void>((wake) => this.#timers.push({ at: this.#now + seconds, wake }));
  }

  /** Passes time until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      // Whatever has just been woken may begin something: the interpreter needs a few turns from state to state.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#timers.sort((a, b) => a.at - b.at);
      if (!next) continue;
      this.#timers.shift();
      this.#now = next.at;
      next.wake();
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

import { summable } from '../base/crc32.ts';

/**
 * The buffers that parts are gathered in, all of one size, shared by everything that this process copies: memory is
 * their number times a part, whatever the archive's size and however many spans go on at once. Made when first needed,
 * then used again; who finds none free waits its turn, and that wait is the back-pressure on the manager.
 */
export class PartBuffers {
  readonly #budget: number;
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #free: Buffer[] = [];
  #size = 0;
  #made = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  /** A buffer of `size` bytes, to be given back. Nobody waits while holding one, so somebody always goes on. */
  async take(size: number): Promise<Buffer> {
    return this.takeNow(size) ?? (await new Promise<Buffer>((resolve) => this.#waiting.push(resolve)));
  }

  /** The same, if nobody has to wait for it. */
  takeNow(size: number): Buffer | undefined {
    if (size !== this.#size && this.#free.length === this.#made) this.#resize(size);
    // Another transfer with parts of another size is still at work: rare, and worth a buffer of its own.
    if (size !== this.#size) return summable(size);
    const free = this.#free.pop();
    if (free) return free;
    // Two at least: one is filled while the other is put.
    if (this.#made >= Math.max(2, Math.floor(this.#budget / size))) return undefined;
    this.#made += 1;
    return summable(size);
  }

  /** Hands it to whoever has waited longest: a span that nobody thinks of would lose its connection. */
  giveBack(buffer: Buffer): void {
    if (buffer.length !== this.#size) return;
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }

  /** Gives up what nobody uses: the transfer is over. */
  release(): void {
    if (this.#free.length === this.#made) this.#resize(0);
  }

  #resize(size: number): void {
    this.#size = size;
    this.#made = 0;
    this.#free = [];
  }
}

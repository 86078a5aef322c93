/** Follows one request's body to its end without keeping it: by length, or chunk by chunk (`curl -T -`). */
export class BodyReader {
  /** Bytes of the body, once it is over. */
  received: number;
  /** Bytes until the end of the body, or of the chunk and its line end. */
  #left: number;
  readonly #isChunked: boolean;
  #line = '';
  #isLastChunk = false;

  constructor(length: number | 'chunked') {
    this.#isChunked = length === 'chunked';
    this.#left = length === 'chunked' ? 0 : length;
    this.received = this.#left;
  }

  get isOver(): boolean {
    return this.#isChunked ? this.#isLastChunk && this.#left === 0 : this.#left === 0;
  }

  /** Gives how many bytes of `chunk` belong to this body. */
  feed(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.isOver) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        at = this.#sizeLine(chunk, at);
      }
    }
    return at;
  }

  /** `1000\r\n`. The two bytes of the line end after a chunk count as its own; trailers are not expected. */
  #sizeLine(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(10, from);
    this.#line += chunk.toString('latin1', from, end < 0 ? chunk.length : end + 1);
    if (end < 0) return chunk.length;
    const size = Number.parseInt(this.#line, 16);
    this.#line = '';
    this.#isLastChunk = size === 0;
    this.#left = size + 2;
    this.received += size;
    return end + 1;
  }
}

import { MAX_FIND_BYTES } from './byte-finder.ts';
import { Fault, fail, type JsonListener } from './json-listener.ts';
import { JsonTokens } from './json-tokens.ts';
import { Utf8Check } from './utf8-check.ts';

/**
 * Reads one JSON value in pieces of any size and takes what Python's json.load takes, nothing else: strict UTF-8 without
 * a byte order mark, no control characters in strings, no comma too many. What it keeps
 * does not grow with the value.
 */
export class StrictJson {
  readonly #tokens: JsonTokens;
  readonly #utf8 = new Utf8Check();
  #position = 0;
  /** What is wrong, once it is: then the rest is not looked at. */
  #fault: string | undefined;

  constructor(listener: JsonListener) {
    this.#tokens = new JsonTokens(listener);
  }

  feed(piece: Buffer): void {
    for (let at = 0; at < piece.length; at += MAX_FIND_BYTES) this.#take(piece.subarray(at, at + MAX_FIND_BYTES));
  }

  /** What is wrong, if anything is. */
  finish(): string | undefined {
    this.#noting(() => {
      this.#tokens.end();
      if (!this.#utf8.finish()) fail('its end too soon', 0);
    });
    return this.#fault;
  }

  #take(piece: Buffer): void {
    this.#noting(() => {
      if (!this.#utf8.feed(piece)) fail('bytes that are not UTF-8', 0);
      this.#tokens.take(piece);
    });
    this.#position += piece.length;
  }

  #noting(read: () => void): void {
    if (this.#fault !== undefined) return;
    try {
      read();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#fault = `${error.message} at byte ${this.#position + error.at}`;
    }
  }
}

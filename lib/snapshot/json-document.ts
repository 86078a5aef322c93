import { OBJECT, SKIP } from './json-grammar.ts';
import type { JsonListener } from './json-listener.ts';
import { StrictJson } from './strict-json.ts';

/** Checks a file that the manager reads with json.load and takes for an object, in pieces of any size. */
export class JsonDocument implements JsonListener {
  readonly depth = 0;
  readonly firsts = new Uint8Array(256);
  readonly #json = new StrictJson(this);
  #isObject = false;

  feed(piece: Buffer): void {
    this.#json.feed(piece);
  }

  /** What is wrong when it is no JSON, else whether it is an object. */
  finish(): string | boolean {
    return this.#json.finish() ?? this.#isObject;
  }

  begins(kind: number): number {
    this.#isObject = kind === OBJECT;
    return SKIP;
  }

  ends(): void {}

  closes(): void {}
}

import { KEEP, OBJECT, SKIP } from './json-grammar.ts';
import type { JsonListener } from './json-listener.ts';
import { StrictJson } from './strict-json.ts';
import type { TextHash } from './text-hash.ts';

/** Fields that are noted: `agents.json` has one for each tenant. */
const MAX_FIELDS = 10_000;

/** Checks a file that the manager reads with json.load and takes for an object, in pieces of any size. */
export class JsonDocument implements JsonListener {
  readonly depth = 1;
  readonly firsts = new Uint8Array(256).fill(1);
  /** What each field of the object is (kinds of lib/snapshot/json-grammar.ts); of two with one name, the last. */
  readonly kinds = new Map<string, number>();
  readonly #json = new StrictJson(this);
  #isObject = false;
  #field = '';

  feed(piece: Buffer): void {
    this.#json.feed(piece);
  }

  /** What is wrong when it is no JSON, else whether it is an object. */
  finish(): string | boolean {
    return this.#json.finish() ?? this.#isObject;
  }

  begins(kind: number, depth: number, isKey: boolean): number {
    if (isKey) return KEEP;
    if (depth === 0) this.#isObject = kind === OBJECT;
    else if (this.kinds.size < MAX_FIELDS) this.kinds.set(this.#field, kind);
    return SKIP;
  }

  ends(text: TextHash): void {
    this.#field = text.text();
  }

  closes(): void {}
}

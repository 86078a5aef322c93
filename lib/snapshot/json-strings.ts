import { ByteFinder } from './byte-finder.ts';
import { areHex, ESCAPE, LETTER_U, MEANT, TEXT } from './json-grammar.ts';

/** What may end a string, or is wrong in it. */
const NOT_PLAIN = [...Array.from({ length: 0x20 }, (_, byte) => byte), TEXT, ESCAPE];

/** Finds where strings end in one piece of JSON after the other. */
export class JsonStrings {
  readonly #finder = new ByteFinder(NOT_PLAIN);
  #piece: Uint8Array = new Uint8Array();
  #places: Int32Array = new Int32Array();
  #index = 0;

  /** What was found in the piece is lost when the next reader of JSON or of a dump begins with one of its own. */
  begin(piece: Uint8Array): void {
    this.#piece = piece;
    this.#places = this.#finder.find(piece);
    this.#index = 0;
  }

  /** The first byte that is not plain from `at` on, which is never before what an earlier call found; may be behind the piece. */
  stop(at: number): number {
    const places = this.#places;
    let index = this.#index;
    while ((places[index] ?? at) < at) index++;
    this.#index = index;
    return places[index] ?? at;
  }

  /** The place of the quote that ends the string; -1 when that is not in this piece or something in it is wrong. */
  end(from: number): number {
    const piece = this.#piece;
    const index = this.#index;
    for (let at = from; ; ) {
      const stop = this.stop(at);
      if (stop >= piece.length) break;
      const byte = piece[stop];
      if (byte === TEXT) return stop;
      const next = piece[stop + 1] ?? 0;
      if (byte === ESCAPE && MEANT[next] !== 0) at = stop + 2;
      else if (byte === ESCAPE && next === LETTER_U && areHex(piece, stop + 2)) at = stop + 6;
      else break;
    }
    // The string will be gone through again.
    this.#index = index;
    return -1;
  }
}

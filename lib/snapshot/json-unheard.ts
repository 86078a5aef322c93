import {
  AFTER_KEY,
  AFTER_VALUE,
  BLANK,
  COLON,
  COMMA,
  KEY,
  KEY_OR_END,
  LIST,
  MAX_DEPTH,
  NOTHING,
  OBJECT,
  plainScalar,
  TEXT,
  VALUE,
  VALUE_OR_END,
} from './json-grammar.ts';
import type { JsonListener } from './json-listener.ts';
import type { JsonPlace } from './json-place.ts';
import type { JsonStrings } from './json-strings.ts';

/** The end of a piece is left to who looks at each byte: V8 compiles a loop anew that reads behind an end. */
const LOOK_AHEAD = 32;

/** By what may come next: the byte that must come before anything else. */
const SEPARATORS = new Int8Array(NOTHING + 1).fill(-1);
SEPARATORS[AFTER_KEY] = COLON;
SEPARATORS[AFTER_VALUE] = COMMA;

/** Passes over what nobody listens to. */
export class UnheardJson {
  readonly #place: JsonPlace;
  readonly #listener: Pick<JsonListener, 'depth' | 'firsts'>;
  readonly #strings: JsonStrings;

  constructor(place: JsonPlace, listener: Pick<JsonListener, 'depth' | 'firsts'>, strings: JsonStrings) {
    this.#place = place;
    this.#listener = listener;
    this.#strings = strings;
  }

  /**
   * Goes on as long as it is plain: most of every page, so a loop that jumps from string to string. At anything else, and
   * at what is wrong, it stops.
   */
  pass(piece: Uint8Array, from: number): number {
    const last = piece.length - LOOK_AHEAD;
    const { depth: watched, firsts } = this.#listener;
    const place = this.#place;
    let at = from;
    while (at < last && place.depth >= watched) {
      const byte = piece[at] ?? 0;
      if (byte === TEXT && place.next <= KEY) {
        const isKey = place.next >= KEY_OR_END;
        if (place.depth === watched) {
          if (isKey ? firsts[piece[at + 1] ?? 0] === 1 : !place.isSkipped) break;
          place.isSkipped = true;
        }
        const end = this.#strings.end(at + 1);
        if (end === -1) break;
        at = end + 1;
        place.next = isKey ? AFTER_KEY : AFTER_VALUE;
      } else if (byte === BLANK) at++;
      else if (byte === SEPARATORS[place.next]) at = this.#separator(at);
      else if (place.depth === watched && !place.isSkipped) break;
      else {
        const length = this.#bracket(byte, watched) || this.#scalar(piece, at);
        if (length === 0) break;
        at += length;
      }
      // As Python writes them.
      if (at < last && piece[at] === SEPARATORS[place.next] && piece[at + 1] === BLANK) at = this.#separator(at) + 1;
    }
    return at;
  }

  #separator(at: number): number {
    const place = this.#place;
    place.next = place.next === AFTER_VALUE && place.kinds[place.depth] === OBJECT ? KEY : VALUE;
    return at + 1;
  }

  /** Its length, or 0 when there is none, or one that is heard. */
  #bracket(byte: number, watched: number): number {
    const place = this.#place;
    if ((byte === OBJECT || byte === LIST) && place.next <= VALUE_OR_END && place.depth < MAX_DEPTH) {
      place.kinds[++place.depth] = byte;
      place.next = byte === OBJECT ? KEY_OR_END : VALUE_OR_END;
      return 1;
    }
    const isEnd = byte === (place.kinds[place.depth] ?? 0) + 2 && place.next === AFTER_VALUE;
    // Who listens is told when these close; below 1 nothing may follow.
    if (!isEnd || place.depth <= Math.max(watched, 1)) return 0;
    place.depth--;
    return 1;
  }

  /** Its length, or 0 when there is none, or one that is not plain. */
  #scalar(piece: Uint8Array, at: number): number {
    if (this.#place.next > VALUE_OR_END) return 0;
    const length = plainScalar(piece, at);
    if (length > 0) this.#place.next = AFTER_VALUE;
    return length;
  }
}

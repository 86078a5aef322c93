import { JsonEscape } from './json-escape.ts';
import {
  AFTER_KEY,
  AFTER_VALUE,
  COLON,
  COMMA,
  ESCAPE,
  KEEP,
  KEY,
  KEY_OR_END,
  LIST,
  LIST_END,
  MAX_DEPTH,
  MEANT,
  NOTHING,
  OBJECT,
  OBJECT_END,
  SCALAR,
  SKIP,
  SPACE,
  TEXT,
  VALUE,
  VALUE_OR_END,
} from './json-grammar.ts';
import { fail, type JsonListener } from './json-listener.ts';
import { JsonPlace } from './json-place.ts';
import { JsonScalar } from './json-scalar.ts';
import { JsonStrings } from './json-strings.ts';
import { UnheardJson } from './json-unheard.ts';
import { TextHash } from './text-hash.ts';

// What a piece may have ended in.
const STRUCTURE = 0;
const STRING = 1;
const ESCAPED = 2;
const IN_SCALAR = 3;

/** The tokens of one JSON value, in pieces of any size. It keeps a byte for each level of nesting and nothing else. */
export class JsonTokens {
  readonly #listener: JsonListener;
  readonly #scalar = new JsonScalar();
  readonly #escape = new JsonEscape();
  readonly #text = new TextHash();
  readonly #strings = new JsonStrings();
  readonly #place = new JsonPlace();
  readonly #unheard: UnheardJson;
  #in = STRUCTURE;
  #isKey = false;
  #isWanted = false;

  constructor(listener: JsonListener) {
    this.#listener = listener;
    this.#unheard = new UnheardJson(this.#place, listener, this.#strings);
  }

  /** At most `MAX_FIND_BYTES`. Throws `Fault`. */
  take(piece: Buffer): void {
    this.#strings.begin(piece);
    for (let at = 0; at < piece.length; ) {
      if (this.#in === STRUCTURE) {
        at = this.#unheard.pass(piece, at);
        if (at < piece.length) at = this.#structure(piece, at);
      } else if (this.#in === STRING) at = this.#string(piece, at);
      else if (this.#in === ESCAPED) this.#takeEscape(piece[at++] ?? 0, at);
      else at = this.#restOfScalar(piece, at);
    }
  }

  /** Throws `Fault` when the value is not over. */
  end(): void {
    // Only a number or a word may end with the file.
    if (this.#in === IN_SCALAR) this.#endScalar(0);
    if (this.#place.next !== NOTHING) fail('its end too soon', 0);
  }

  /** Takes the next token, or white space. */
  #structure(piece: Buffer, from: number): number {
    const byte = piece[from] ?? 0;
    const at = from + 1;
    if (SPACE[byte] === 1) return at;
    if (byte === TEXT) {
      this.#begin(TEXT, at, piece[at] ?? -1);
      return this.#string(piece, at);
    }
    const next = this.#place.next;
    if (byte === COMMA && next === AFTER_VALUE)
      this.#place.next = this.#place.kinds[this.#place.depth] === OBJECT ? KEY : VALUE;
    else if (byte === COLON && next === AFTER_KEY) this.#place.next = VALUE;
    else if (byte === COMMA || byte === COLON) fail('a comma or a colon that has no place', from);
    else if (byte === OBJECT || byte === LIST) this.#open(byte, at);
    else if (byte === OBJECT_END || byte === LIST_END) this.#close(byte, at);
    else {
      this.#beginScalar(byte, at);
      return this.#restOfScalar(piece, at);
    }
    return at;
  }

  #open(kind: number, at: number): void {
    this.#begin(kind, at, -1);
    if (this.#place.depth === MAX_DEPTH) fail(`nesting of more than ${MAX_DEPTH} levels`, at - 1);
    this.#place.kinds[++this.#place.depth] = kind;
    this.#place.next = kind === OBJECT ? KEY_OR_END : VALUE_OR_END;
  }

  #close(byte: number, at: number): void {
    const [kind, empty] = byte === OBJECT_END ? [OBJECT, KEY_OR_END] : [LIST, VALUE_OR_END];
    const isEnd = this.#place.next === AFTER_VALUE || this.#place.next === empty;
    if (this.#place.depth === 0 || this.#place.kinds[this.#place.depth] !== kind || !isEnd) {
      fail('a bracket that closes nothing', at - 1);
    }
    if (this.#place.depth <= this.#listener.depth) this.#listener.closes(this.#place.depth);
    if (this.#place.depth === this.#listener.depth) this.#place.isSkipped = false;
    this.#place.depth--;
    this.#ended();
  }

  /** A key or a value begins, if one may. */
  #begin(kind: number, at: number, first: number): void {
    const next = this.#place.next;
    this.#isKey = kind === TEXT && (next === KEY || next === KEY_OR_END);
    if (!this.#isKey && next !== VALUE && next !== VALUE_OR_END) fail('a value that has no place', at - 1);
    this.#isWanted = false;
    if (this.#place.depth > this.#listener.depth) return;
    if (this.#isKey) this.#place.isSkipped = false;
    else if (this.#place.isSkipped && this.#place.depth === this.#listener.depth) return;
    const wanted = this.#listener.begins(kind, this.#place.depth, this.#isKey, first);
    this.#isWanted = wanted !== SKIP;
    if (this.#isWanted && kind === TEXT) this.#text.begin(TEXT, wanted === KEEP);
  }

  #ended(): void {
    this.#in = STRUCTURE;
    if (this.#isKey) this.#place.next = AFTER_KEY;
    else this.#place.next = this.#place.depth === 0 ? NOTHING : AFTER_VALUE;
    this.#isKey = false;
  }

  /** Goes on to the end of the string, an escape that is not in this piece as a whole, or the end of the piece. */
  #string(piece: Buffer, from: number): number {
    for (let at = from; ; at += 2) {
      const begin = at;
      at = Math.min(this.#strings.stop(at), piece.length);
      if (this.#isWanted) this.#text.bytes(piece, begin, at);
      const byte = piece[at];
      const meant = MEANT[piece[at + 1] ?? 0] ?? 0;
      if (byte === TEXT) {
        if (this.#isWanted) this.#listener.ends(this.#text, TEXT, this.#place.depth, this.#isKey);
        this.#ended();
        return at + 1;
      }
      if (byte !== ESCAPE || meant === 0) return this.#pause(byte, at);
      if (this.#isWanted) this.#text.unit(meant);
    }
  }

  #pause(byte: number | undefined, at: number): number {
    this.#in = STRING;
    if (byte === undefined) return at;
    if (byte !== ESCAPE) fail('a control character in a string', at);
    this.#in = ESCAPED;
    this.#escape.begin();
    return at + 1;
  }

  #takeEscape(byte: number, at: number): void {
    const unit = this.#escape.take(byte);
    if (unit === 'more') return;
    if (unit === undefined) fail('an escape that is not valid', at - 1);
    if (this.#isWanted) this.#text.unit(unit);
    this.#in = STRING;
  }

  #beginScalar(byte: number, at: number): void {
    if (!this.#scalar.begin(byte)) {
      fail(byte === 0 ? 'a NUL byte' : 'a byte that belongs to no value', at - 1);
    }
    this.#begin(SCALAR, at, byte);
    this.#in = IN_SCALAR;
  }

  /** Goes on to the first byte that is not part of the number or word. */
  #restOfScalar(piece: Buffer, from: number): number {
    let at = from;
    while (at < piece.length && this.#scalar.takes(piece[at] ?? 0)) at++;
    if (at < piece.length) this.#endScalar(at);
    return at;
  }

  #endScalar(at: number): void {
    const fault = this.#scalar.fault();
    if (fault !== undefined) fail(fault, at);
    if (this.#isWanted) {
      this.#text.begin(SCALAR, false);
      const value = Buffer.from(this.#scalar.value());
      this.#text.bytes(value, 0, value.length);
      this.#listener.ends(this.#text, SCALAR, this.#place.depth, false);
    }
    this.#ended();
  }
}

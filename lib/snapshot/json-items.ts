/** What a page of the new format holds. `type` is `undefined` when the page does not say. */
export interface PageCount {
  readonly type: string | undefined;
  readonly items: number;
  /** Those of the items whose own `type` is `cloudify_log`; pages of events hold both. */
  readonly logs: number;
}

const QUOTE = 0x22;
const ESCAPE = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const LIST = 0x5b;
const LIST_END = 0x5d;
const LETTER_T = 0x74;

/** Longest key or type that is kept, in bytes. Longer ones are none of those that we look for. */
const MAX_TEXT_BYTES = 256;

// Depths inside of `{"type": …, "items": [{"type": …}]}`.
const PAGE = 1;
const ITEMS = 2;
const ITEM = 3;

/**
 * Counts the items of a JSON page `{ "type": …, "items": [ … ] }` that is fed to it in pieces of any size. It follows
 * strings and nesting and keeps nothing else, so a page of any size takes the same few hundred bytes: a blueprint's plan
 * may be megabytes, and a page has 500 of them.
 */
export class ItemCounter {
  #depth = 0;
  #kinds: number[] = [];
  #inString = false;
  #escaped = false;
  #text: string | undefined;
  /** The last key at the depth of the page or of an item, and whether its value comes now. */
  #key = '';
  #isValue = false;
  #inItems = false;
  #anyItem = false;
  #type: string | undefined;
  #items = 0;
  #logs = 0;
  #closed = false;
  #broken = false;

  feed(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#inString) at = this.#string(piece, at);
      else at = this.#depth > ITEM ? this.#inside(piece, at) : this.#token(piece, at);
    }
  }

  /** `undefined` when what was fed is no JSON object from its first byte to its last. */
  finish(): PageCount | undefined {
    if (this.#broken || !this.#closed || this.#depth !== 0 || this.#inString) return undefined;
    return { type: this.#type, items: this.#items, logs: this.#logs };
  }

  #token(piece: Buffer, at: number): number {
    const byte = piece[at] ?? 0;
    // White space, by far the most frequent in indented pages.
    if (byte <= 0x20) return at + 1;
    if (this.#closed || (this.#depth === 0 && byte !== OBJECT)) this.#broken = true;
    if (this.#depth === ITEMS && this.#inItems && byte !== LIST_END) this.#meetItem(byte);
    if (byte === QUOTE) this.#openString();
    else if (byte === COLON) this.#isValue = true;
    else if (byte === COMMA) this.#isValue = false;
    else if (byte === OBJECT || byte === LIST) this.#open(byte);
    else if (byte === OBJECT_END || byte === LIST_END) this.#close(byte);
    return at + 1;
  }

  /** Deeper than an item only nesting and strings matter: most of every page, so a loop without calls. */
  #inside(piece: Buffer, from: number): number {
    let depth = this.#depth;
    let at = from;
    while (at < piece.length && depth > ITEM) {
      const byte = piece[at++];
      if (byte === QUOTE) {
        this.#inString = true;
        this.#text = undefined;
        break;
      }
      if (byte === OBJECT || byte === LIST) depth++;
      else if (byte === OBJECT_END || byte === LIST_END) depth--;
    }
    this.#depth = depth;
    return at;
  }

  /** Anything in the list of items that is not its end: an item begins, goes on, or (comma) ends. */
  #meetItem(byte: number): void {
    if (byte === COMMA || !this.#anyItem) this.#items++;
    this.#anyItem = true;
  }

  #open(kind: number): void {
    if (this.#depth === PAGE && kind === LIST && this.#isValue && this.#key === 'items') {
      this.#inItems = true;
      // As with JSON.parse, the last of two equal keys counts.
      this.#anyItem = false;
      this.#items = 0;
      this.#logs = 0;
    }
    this.#isValue = false;
    this.#depth++;
    // Deeper than an item the kinds are not needed, and not kept: nesting has no limit.
    if (this.#depth <= ITEM) this.#kinds[this.#depth] = kind;
  }

  #close(byte: number): void {
    const expected = byte === OBJECT_END ? OBJECT : LIST;
    if (this.#depth === 0 || (this.#depth <= ITEM && this.#kinds[this.#depth] !== expected)) this.#broken = true;
    this.#depth--;
    this.#isValue = false;
    if (this.#depth === PAGE) this.#inItems = false;
    if (this.#depth === 0) this.#closed = true;
  }

  #openString(): void {
    this.#inString = true;
    const watched = this.#depth === PAGE || (this.#depth === ITEM && this.#inItems);
    const isText = watched && (!this.#isValue || this.#key === 'type');
    this.#text = isText && this.#kinds[this.#depth] === OBJECT ? '' : undefined;
  }

  /** Goes on to the end of the string, or of the piece. */
  #string(piece: Buffer, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at++;
    }
    for (; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === QUOTE) break;
      // A backslash takes the next byte with it, which may be in the next piece.
      if (byte === ESCAPE) at++;
    }
    this.#escaped = at > piece.length;
    const end = Math.min(at, piece.length);
    // Of an item's keys only `type` matters. Looking at their first byte saves most of the copies and half of the time.
    const isKeyOfItem = this.#text === '' && this.#depth === ITEM && !this.#isValue;
    if (isKeyOfItem && end > from && piece[from] !== LETTER_T && piece[from] !== ESCAPE) {
      this.#key = '';
      this.#text = undefined;
    }
    if (this.#text !== undefined && this.#text.length <= MAX_TEXT_BYTES) {
      this.#text += piece.toString('latin1', from, end);
    }
    if (at >= piece.length) return piece.length;
    this.#inString = false;
    if (this.#text !== undefined) this.#noteText(this.#text);
    return at + 1;
  }

  #noteText(raw: string): void {
    const text = raw.length <= MAX_TEXT_BYTES ? decoded(raw) : '';
    if (!this.#isValue) this.#key = text;
    else if (this.#depth === PAGE) this.#type = text;
    else if (text === 'cloudify_log') this.#logs++;
  }
}

/** The text of a JSON string, given the bytes between its quotes. */
function decoded(raw: string): string {
  // Nearly every key; decoding each costs more than all the rest of the counting.
  if (/^[\w-]*$/.test(raw)) return raw;
  try {
    const text: unknown = JSON.parse(`"${Buffer.from(raw, 'latin1').toString()}"`);
    return String(text);
  } catch {
    return '';
  }
}

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;

// The same byte four times, to look at four bytes of a word at once.
const TABS = 0x09090909;
const BACKSLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const LOW_BITS = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080;

/** Words whose tabs a byte can count. */
const MAX_WORDS = 255;

/** What pg_dump writes after a backslash; `\N` is a null. Anything else PostgreSQL would read, but it is damage. */
export const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number('bfnrtvN\\'.includes(String.fromCharCode(byte))),
);

/** What was counted, and where the first row begins that was not. */
export interface WholeRows {
  readonly rows: number;
  readonly end: number;
}

/**
 * Counts those rows of a COPY block from `from` on that are whole and right: `columns` columns, no carriage return, no
 * backslash but before what pg_dump escapes. It stops before any other row, so that who looks at each byte says what is
 * wrong. Four bytes at a time: a table of logs is most of a dump, and byte by byte takes as long as inflating it.
 */
export function wholeRows(data: Buffer, from: number, columns: number): WholeRows {
  const words = new Int32Array(data.buffer, 0, data.buffer.byteLength >> 2);
  let [rows, at] = [0, from];
  for (;;) {
    const end = data.indexOf(LF, at);
    if (end === -1 || (data.byteOffset + end) >> 2 >= words.length) break;
    if (tabsOf(words, data, at, end) !== columns - 1) break;
    rows++;
    at = end + 1;
  }
  return data.subarray(from, at).includes(CR) ? { rows: 0, end: from } : { rows, end: at };
}

/** The tabs from `from` to `to`; -1 when there is a backslash before anything that is not escaped. */
function tabsOf(words: Int32Array, data: Buffer, from: number, to: number): number {
  const base = data.byteOffset;
  const first = (base + from) >> 2;
  const last = (base + to) >> 2;
  // Bytes of the rows before and after count as nothing.
  const before = -1 << (((base + from) & 3) * 8);
  const after = ~(-1 << (((base + to) & 3) * 8));
  let [tabs, checked] = [0, from];
  for (let word = first; word <= last; ) {
    let lanes = 0;
    for (const stop = Math.min(last, word + MAX_WORDS - 1); word <= stop; word++) {
      let bytes = words[word] ?? 0;
      if (word === first) bytes &= before;
      if (word === last) bytes &= after;
      const others = bytes ^ TABS;
      lanes = (lanes + ((~(((others & LOW_BITS) + LOW_BITS) | others) & HIGH_BITS) >>> 7)) | 0;
      const rest = bytes ^ BACKSLASHES;
      if (((rest - ONES) & ~rest & HIGH_BITS) === 0) continue;
      checked = afterEscapes(data, Math.max(checked, word * 4 - base), Math.min(to, word * 4 + 4 - base));
      if (checked === -1) return -1;
    }
    const pairs = (lanes & 0x00ff00ff) + ((lanes >>> 8) & 0x00ff00ff);
    tabs += (pairs & 0xffff) + (pairs >>> 16);
  }
  return tabs;
}

/** Where the escapes that begin between `from` and `to` end; -1 when one is none. */
function afterEscapes(data: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if (data[at] !== BACKSLASH) at++;
    else if (ESCAPED[data[at + 1] ?? 0] === 1) at += 2;
    else return -1;
  }
  return at;
}

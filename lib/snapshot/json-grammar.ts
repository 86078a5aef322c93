/** Kinds of values. */
export const OBJECT = 0x7b;
export const LIST = 0x5b;
export const TEXT = 0x22;
/** A number, `true`, `false`, `null`, or one of Python's NaN and infinities. */
export const SCALAR = 0x30;

export const BLANK = 0x20;
export const OBJECT_END = 0x7d;
export const LIST_END = 0x5d;
export const ESCAPE = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;

/** Levels of nesting. Python gives up before 1,000, and the manager's workflow has used up some of those by then. */
export const MAX_DEPTH = 900;

// What may come next: up to VALUE_OR_END a value, from KEY_OR_END to KEY a key.
export const VALUE = 0;
export const VALUE_OR_END = 1;
export const KEY_OR_END = 2;
export const KEY = 3;
export const AFTER_KEY = 4;
export const AFTER_VALUE = 5;
export const NOTHING = 6;

const isIn = (test: (byte: number) => boolean) => Uint8Array.from({ length: 256 }, (_, byte) => Number(test(byte)));

export const SPACE = isIn((byte) => [0x20, 0x09, 0x0a, 0x0d].includes(byte));
const DIGIT = isIn((byte) => byte >= 0x30 && byte <= 0x39);
const ENDS_VALUE = isIn((byte) => [COMMA, OBJECT_END, LIST_END].includes(byte));

// What a listener wants of a key or a value: nothing, its hash, or its text as well.
export const SKIP = 0;
export const HASH = 1;
export const KEEP = 2;

/** What an escape of two bytes stands for, by its second byte; 0 when there is none. */
export const MEANT = new Uint8Array(256);
for (const pair of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  MEANT[pair.charCodeAt(0)] = pair.charCodeAt(1);

export const LETTER_U = 0x75;
const HEX = isIn((byte) => /[0-9a-f]/i.test(String.fromCharCode(byte)));

/** Whether four digits of a hexadecimal number are at `from`. */
export function areHex(piece: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 4; at++) if (HEX[piece[at] ?? 0] !== 1) return false;
  return true;
}

/** Length of `null`, `true`, `false` or a short integer at `at` that ends in the piece; 0 when there is none. */
export function plainScalar(piece: Uint8Array, at: number): number {
  const first = piece[at];
  const second = piece[at + 1];
  let length = 0;
  if (first === 0x6e && second === 0x75 && piece[at + 2] === 0x6c && piece[at + 3] === 0x6c) length = 4;
  else if (first === 0x74 && second === 0x72 && piece[at + 2] === 0x75 && piece[at + 3] === 0x65) length = 4;
  else if (first === 0x66 && second === 0x61 && piece[at + 2] === 0x6c && piece[at + 3] === 0x73) {
    length = piece[at + 4] === 0x65 ? 5 : 0;
  } else {
    while (length < 16 && DIGIT[piece[at + length] ?? 0] === 1) length++;
    // No leading zeros.
    if (length > 1 && first === 0x30) return 0;
  }
  return ENDS_VALUE[piece[at + length] ?? 0] === 1 ? length : 0;
}

import {
  ADD,
  AND,
  assemble,
  BITMASK,
  BLOCK,
  branchIf,
  COUNT_ONES,
  END,
  get,
  IF,
  IS_ZERO,
  i32,
  LANES_EQUAL,
  LESS,
  LOAD_BYTE,
  LOOP,
  MORE,
  NOT_EQUAL,
  STORE,
  SUB,
  set,
  TRAILING_ZEROS,
  tee,
  V128_LOAD,
  v128,
  XOR,
} from '../base/machine-code.ts';
import { MAX_FIND_BYTES } from './byte-finder.ts';

const [TAB, LF, CR, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x5c];

/** What pg_dump writes after a backslash; `\N` is a null. Anything else PostgreSQL would read, but it is damage. */
export const ESCAPABLE: readonly number[] = [...Buffer.from('bfnrtvN\\')];

// In the memory of the machine code: the piece, which bytes may follow a backslash, and the number of rows found.
const ESCAPED = MAX_FIND_BYTES + 16;
const ROWS = ESCAPED + 256;

// The parameters and variables of `count`.
const [AT, STOP, TABS, ROW, SKIP, FOUND, PLACE, COUNT, ENDS, LOW, HAD, BYTES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

const isByte = (byte: number) => [...get(BYTES), ...v128(byte), ...LANES_EQUAL, ...BITMASK];
const lowestOf = (mask: number) => [...get(AT), ...get(mask), ...TRAILING_ZEROS, ...ADD];
const withoutLowest = (mask: number) => [...get(mask), ...get(mask), ...i32(1), ...SUB, ...AND];

/** Each backslash that no other one takes with it must be before a byte that is escaped. Else: behind the outer block. */
const CHECK_ESCAPES = [
  ...[...isByte(BACKSLASH), ...tee(FOUND), ...IF, ...LOOP],
  ...[...lowestOf(FOUND), ...tee(PLACE), ...get(SKIP), ...LESS, ...IS_ZERO, ...IF],
  ...[
    ...get(PLACE),
    ...i32(1),
    ...ADD,
    ...LOAD_BYTE,
    ...i32(ESCAPED),
    ...ADD,
    ...LOAD_BYTE,
    ...IS_ZERO,
    ...branchIf(4),
  ],
  ...[...get(PLACE), ...i32(2), ...ADD, ...set(SKIP), ...END],
  ...[...withoutLowest(FOUND), ...tee(FOUND), ...branchIf(0), ...END, ...END],
];

/** At each line feed the row must have had its tabs. */
const CHECK_ENDS = [
  ...[...isByte(LF), ...tee(ENDS), ...IF, ...LOOP],
  // The bits up to the line feed.
  ...[...get(ENDS), ...get(ENDS), ...i32(1), ...SUB, ...XOR, ...set(LOW)],
  ...[
    ...get(HAD),
    ...get(FOUND),
    ...get(LOW),
    ...AND,
    ...COUNT_ONES,
    ...ADD,
    ...get(TABS),
    ...NOT_EQUAL,
    ...branchIf(3),
  ],
  ...[...i32(0), ...set(HAD), ...get(COUNT), ...i32(1), ...ADD, ...set(COUNT)],
  ...[...lowestOf(ENDS), ...i32(1), ...ADD, ...set(ROW)],
  ...[...get(FOUND), ...get(FOUND), ...get(LOW), ...AND, ...XOR, ...set(FOUND)],
  ...[...withoutLowest(ENDS), ...tee(ENDS), ...branchIf(0), ...END, ...END],
];

/**
 * `count(at, stop, tabs)`: goes through rows from `at` on, sixteen bytes at a time, until one is not right or not whole.
 * Answers where that one begins.
 */
const CODE = [
  ...[...get(AT), ...set(ROW), ...BLOCK, ...LOOP],
  ...[...get(AT), ...i32(16), ...ADD, ...get(STOP), ...MORE, ...branchIf(1)],
  ...[...get(AT), ...V128_LOAD, ...set(BYTES)],
  ...CHECK_ESCAPES,
  ...[...isByte(CR), ...branchIf(1)],
  ...[...isByte(TAB), ...set(FOUND)],
  ...CHECK_ENDS,
  ...[...get(HAD), ...get(FOUND), ...COUNT_ONES, ...ADD, ...set(HAD)],
  ...[...get(AT), ...i32(16), ...ADD, ...set(AT), ...i32(1), ...branchIf(0)],
  ...[...END, ...END],
  ...[...i32(ROWS), ...get(COUNT), ...STORE, ...get(ROW)],
];

const { run: count, memory } = assemble(CODE, [8, 1])(ROWS + 4);
const bytes = new Uint8Array(memory.buffer);
const rows = new Int32Array(memory.buffer, ROWS, 1);

for (const byte of ESCAPABLE) bytes[ESCAPED + byte] = 1;

/** What was counted, and where the first row begins that was not. */
export interface WholeRows {
  readonly rows: number;
  readonly end: number;
}

/**
 * Counts those rows of a COPY block from `from` on that are whole and right: `columns` columns, no carriage return, no
 * backslash but before what pg_dump escapes. It stops before any other row, so that who looks at each byte says what is
 * wrong. Most of a dump are tables of logs and events, of which nothing but this is wanted: 2 GB/s.
 */
export function wholeRows(data: Uint8Array, from: number, columns: number): WholeRows {
  bytes.set(data, 0);
  const end = count(from, data.length, columns - 1);
  return { rows: rows[0] ?? 0, end };
}

import { DumpFault } from './dump-fault.ts';
import { ESCAPABLE, wholeRows } from './whole-rows.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** The bytes that mean something in a row. */
export const ROW_BYTES: readonly number[] = [TAB, LF, CR, BACKSLASH];

/** Longest value that is kept, in bytes. Ids are a few digits or 36 letters, tenant names 256 letters at most. */
const MAX_VALUE_BYTES = 1024;

const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => Number(ESCAPABLE.includes(byte)));

/** In no place of this piece, in no column of this row. */
const NOWHERE = -1;

/**
 * The rows of one COPY block in text format, in pieces of any size. A line feed is always the end of a row and a tab always
 * the end of a column: inside values both are escaped. Memory does not grow with rows or their length.
 */
export class CopyRows {
  rows = 0;
  /** The line `\.` was read: the block is over. */
  ended = false;
  readonly #table: string;
  /** By the header; 0 for a table without any, whose rows are empty lines. */
  readonly #columns: number;
  /** The wanted columns from left to right, each with its place in the answer. */
  readonly #wanted: readonly { readonly column: number; readonly place: number }[];
  readonly #onRow: ((values: readonly string[]) => void) | undefined;
  #column = 0;
  #next = 0;
  /** What earlier pieces had of a wanted value. */
  #value = '';
  #values: string[] = [];
  /** The values of the row before, in the order of their columns. */
  readonly #last: string[] = [];
  #isRowStart = true;
  #isEscaped = false;
  #isEnding = false;

  /** `onRow` gets the values of the columns `wanted`, indexes from 0, as latin1 text of their bytes, cut at 1 KiB. */
  constructor(table: string, columns: number, wanted: readonly number[], onRow?: (values: readonly string[]) => void) {
    this.#table = table;
    this.#columns = columns;
    this.#wanted = wanted.map((column, place) => ({ column, place })).sort((a, b) => a.column - b.column);
    this.#onRow = onRow;
  }

  /**
   * Takes rows that are whole and right, from `from` on where one begins. Answers where to go on, which is `from` when
   * values of these rows are wanted.
   */
  takeWhole(data: Buffer, from: number): number {
    const isAtRow = this.#isRowStart && !this.#isEscaped;
    if (this.#wanted.length > 0 || this.#columns === 0 || !isAtRow) return from;
    const { rows, end } = wholeRows(data, from, this.#columns);
    this.rows += rows;
    return end;
  }

  /**
   * Takes what of `data` belongs to the block, from `from` on. Answers where to go on. `places`, from `first` on, are those
   * of `ROW_BYTES` in the data. Throws `DumpFault`.
   */
  feed(data: Buffer, from: number, places: Int32Array, first: number): number {
    let at = this.#goOn(data, from);
    let row = this.#isRowStart ? at : NOWHERE;
    let value = from;
    let column = this.#column;
    let wanted = this.#wantedColumn;
    for (let index = first; !this.#isEnding; index++) {
      const place = places[index] ?? data.length;
      if (place >= data.length) break;
      // The second of two backslashes.
      if (place < at) continue;
      const byte = data[place];
      at = place + 1;
      if (byte === BACKSLASH) {
        if (ESCAPED[data[at] ?? 0] === 1) at++;
        else {
          this.#isRowStart = place === row;
          this.#isEscaped = true;
          at = this.#goOn(data, at);
          row = NOWHERE;
        }
        continue;
      }
      if (column === wanted) wanted = this.#endValue(data, value, place);
      value = at;
      column++;
      if (byte === TAB) continue;
      if (byte === CR) throw this.#corrupt('has a carriage return in it');
      this.#endRow(place === row && this.#columns === 0 ? 0 : column);
      column = 0;
      wanted = this.#wantedColumn;
      row = at;
    }
    this.#column = column;
    if (this.#isEnding || this.ended) return at;
    if (!this.#isEscaped) this.#isRowStart = row === data.length;
    if (column === wanted) this.#keep(data, value, data.length);
    return data.length;
  }

  /** What began in the piece before, or is no plain escape: the byte after a backslash, and the end of the line `\.`. */
  #goOn(data: Buffer, from: number): number {
    let at = from;
    if (this.#isEscaped && at < data.length) {
      const byte = data[at++] ?? 0;
      this.#isEscaped = false;
      if (byte === DOT && this.#isRowStart) this.#isEnding = true;
      else if (ESCAPED[byte] !== 1) throw this.#corrupt('has a backslash before a byte that pg_dump does not escape');
      this.#isRowStart = false;
    }
    if (this.#isEnding && at < data.length) {
      if (data[at++] !== LF) throw this.#corrupt('begins like the end of the table and goes on');
      this.ended = true;
    }
    return at;
  }

  /** The next one whose value is wanted; `NOWHERE` when there is none in the rest of the row. */
  get #wantedColumn(): number {
    return this.#wanted[this.#next]?.column ?? NOWHERE;
  }

  #keep(data: Buffer, from: number, to: number): void {
    const room = MAX_VALUE_BYTES - this.#value.length;
    if (room > 0) this.#value += data.toString('latin1', from, Math.min(to, from + room));
  }

  /** The wanted value ends at `to`. Answers which column is wanted next. */
  #endValue(data: Buffer, from: number, to: number): number {
    // Most rows are of the same tenant as the one before: no new text for each.
    const last = this.#last[this.#next] ?? '';
    if (this.#value !== '' || !isText(data, from, to, last)) {
      this.#keep(data, from, to);
      this.#last[this.#next] = this.#value;
    }
    this.#values[this.#wanted[this.#next]?.place ?? 0] = this.#last[this.#next] ?? '';
    this.#value = '';
    this.#next++;
    return this.#wantedColumn;
  }

  #endRow(columns: number): void {
    if (columns !== this.#columns) {
      throw this.#corrupt(`has ${columns} columns where its header names ${this.#columns}`);
    }
    this.rows++;
    if (this.#wanted.length === 0) return;
    const values = this.#values;
    this.#values = [];
    this.#next = 0;
    this.#onRow?.(values);
  }

  #corrupt(what: string): DumpFault {
    return new DumpFault('corrupt', `row ${this.rows + 1} of the table ${this.#table} ${what}`);
  }
}

function isText(data: Buffer, from: number, to: number, text: string): boolean {
  if (text.length !== to - from) return false;
  for (let at = from; at < to; at++) if (data[at] !== text.charCodeAt(at - from)) return false;
  return true;
}

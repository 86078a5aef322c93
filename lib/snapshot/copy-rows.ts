import { DumpFault } from './dump-fault.ts';
import { ESCAPED, wholeRows } from './whole-rows.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** Longest value that is kept, in bytes. Ids are a few digits or 36 letters, tenant names 256 letters at most. */
const MAX_VALUE_BYTES = 1024;

const SPECIAL = Uint8Array.from({ length: 256 }, (_, byte) => Number([TAB, LF, CR, BACKSLASH].includes(byte)));

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
  #value = '';
  #values: string[] = [];
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

  /** Takes what of `data` belongs to the block, from `from` on. Answers where to go on. Throws `DumpFault`. */
  feed(data: Buffer, from: number): number {
    let at = from;
    while (at < data.length && !this.ended) {
      if (this.#isEscaped) this.#escaped(data[at++] ?? 0);
      else if (this.#isEnding) this.#end(data[at++] ?? 0);
      else {
        if (this.#isRowStart && this.#wanted.length === 0 && this.#columns > 0) at = this.#wholeRows(data, at);
        let stop = at;
        // A plain loop, as columns are short: for those, `indexOf` takes longer to be called than to run.
        while (stop < data.length && SPECIAL[data[stop] ?? 0] === 0) stop++;
        if (stop > at) this.#plain(data, at, stop);
        if (stop < data.length) this.#special(data[stop] ?? 0);
        at = stop + 1;
      }
    }
    return Math.min(at, data.length);
  }

  #wholeRows(data: Buffer, from: number): number {
    const { rows, end } = wholeRows(data, from, this.#columns);
    this.rows += rows;
    return end;
  }

  #plain(data: Buffer, from: number, to: number): void {
    this.#isRowStart = false;
    if (this.#column !== this.#wanted[this.#next]?.column) return;
    const room = MAX_VALUE_BYTES - this.#value.length;
    if (room > 0) this.#value += data.toString('latin1', from, Math.min(to, from + room));
  }

  #special(byte: number): void {
    if (byte === TAB) this.#endColumn();
    else if (byte === LF) this.#endRow();
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else throw this.#corrupt('has a carriage return in it');
  }

  #escaped(byte: number): void {
    this.#isEscaped = false;
    if (byte === DOT && this.#isRowStart) this.#isEnding = true;
    else if (ESCAPED[byte] !== 1) throw this.#corrupt('has a backslash before a byte that pg_dump does not escape');
    else if (this.#column === this.#wanted[this.#next]?.column) this.#value += `\\${String.fromCharCode(byte)}`;
    this.#isRowStart = false;
  }

  #end(byte: number): void {
    if (byte !== LF) throw this.#corrupt('begins like the end of the table and goes on');
    this.ended = true;
  }

  #endColumn(): void {
    this.#isRowStart = false;
    const wanted = this.#wanted[this.#next];
    if (wanted?.column === this.#column) {
      this.#values[wanted.place] = this.#value;
      this.#value = '';
      this.#next++;
    }
    this.#column++;
  }

  #endRow(): void {
    const isEmpty = this.#isRowStart;
    this.#endColumn();
    const found = isEmpty && this.#columns === 0 ? 0 : this.#column;
    if (found !== this.#columns) {
      throw this.#corrupt(`has ${found} columns where its header names ${this.#columns}`);
    }
    this.rows++;
    const values = this.#values;
    if (this.#wanted.length > 0) this.#values = [];
    this.#column = 0;
    this.#next = 0;
    this.#isRowStart = true;
    this.#onRow?.(values);
  }

  #corrupt(what: string): DumpFault {
    return new DumpFault('corrupt', `row ${this.rows + 1} of the table ${this.#table} ${what}`);
  }
}

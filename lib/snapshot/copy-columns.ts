const TAB = 0x09;

/** Longest value that is kept, in bytes. Ids are a few digits, tenant names 256 letters at most. */
const MAX_VALUE_BYTES = 1024;

/** Picks columns out of COPY rows that come in pieces. A value longer than 1 KiB is cut. */
export class ColumnPicker {
  /** The wanted columns from left to right, each with its place in the answer. */
  readonly #wanted: readonly { readonly column: number; readonly place: number }[];
  #column = 0;
  #next = 0;
  #value = '';
  #values: string[] = [];

  /** `columns` are indexes from 0; values are answered in their order. */
  constructor(columns: readonly number[]) {
    this.#wanted = columns.map((column, place) => ({ column, place })).sort((a, b) => a.column - b.column);
  }

  /** Takes `data` from `from` up to `to`, which is (a piece of) one row without its line feed. */
  feed(data: Buffer, from: number, to: number): void {
    let at = from;
    while (this.#next < this.#wanted.length) {
      let stop = at;
      // A plain loop, as columns are short: for those, `indexOf` takes longer to be called than to run.
      while (stop < to && data[stop] !== TAB) stop++;
      if (this.#column === this.#wanted[this.#next]?.column) this.#keep(data, at, stop);
      if (stop === to) return;
      this.#endColumn();
      at = stop + 1;
    }
  }

  /** The values of the row, as latin1 text of their bytes; `undefined` for columns that it does not have. */
  endRow(): readonly string[] {
    this.#endColumn();
    const values = this.#values;
    this.#values = [];
    this.#column = 0;
    this.#next = 0;
    return values;
  }

  #keep(data: Buffer, from: number, to: number): void {
    const room = MAX_VALUE_BYTES - this.#value.length;
    if (room > 0) this.#value += data.toString('latin1', from, Math.min(to, from + room));
  }

  #endColumn(): void {
    const wanted = this.#wanted[this.#next];
    if (wanted?.column === this.#column) {
      this.#values[wanted.place] = this.#value;
      this.#value = '';
      this.#next++;
    }
    this.#column++;
  }
}

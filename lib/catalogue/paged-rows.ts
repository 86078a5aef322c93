import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { limitGarbage } from '../base/memory.ts';
import { indexMonthOf } from '../storage/layout.ts';
import type { IndexRow } from './index-records.ts';

/** As rows, 10,000 of them take 12 MB of the heap; as deflated text 2 MB beside it. A month of hourly ones is parsed in 5 ms. */
const MOST_PARSED = 1500;

/** Rows of one month, as deflated text. */
export interface PackedRows {
  readonly text: Uint8Array;
  readonly count: number;
}

export function packed(rows: readonly IndexRow[]): PackedRows {
  return { text: deflateRawSync(JSON.stringify(rows), { level: 1 }), count: rows.length };
}

type Parsed = ReadonlyMap<string, IndexRow>;

/** The rows of all pages by snapshot, of which the months that were asked for last are rows, and the others text. */
export class PagedRows {
  readonly size: number;
  readonly #months: ReadonlyMap<string, PackedRows>;
  /** Of all indexes together, the one that was parsed last at the end: there are managers by the hundred. */
  static readonly #parsed = new Map<PackedRows, Parsed>();

  /** By month. Whoever reads an index anew mostly asks for that one alone. */
  constructor(months: ReadonlyMap<string, PackedRows>) {
    PagedRows.#parsed.clear();
    this.#months = months;
    this.size = [...months.values()].reduce((sum, { count }) => sum + count, 0);
  }

  get(snapshot: string): IndexRow | undefined {
    return this.ofMonth(indexMonthOf(snapshot)).get(snapshot);
  }

  has(snapshot: string): boolean {
    return this.get(snapshot) !== undefined;
  }

  /** Month by month. */
  *values(): Iterable<IndexRow> {
    for (const month of this.#months.keys()) yield* this.ofMonth(month).values();
  }

  /** In the order in which they are on the page. */
  ofMonth(month: string): Parsed {
    const rows = this.#months.get(month);
    if (!rows) return NONE;
    const known = PagedRows.#parsed.get(rows);
    if (known) return known;
    makeRoom(PagedRows.#parsed, rows.count);
    const parsed = parse(rows);
    PagedRows.#parsed.set(rows, parsed);
    return parsed;
  }
}

const NONE: Parsed = new Map();

function makeRoom(parsed: Map<PackedRows, Parsed>, wanted: number): void {
  let count = wanted + [...parsed.keys()].reduce((sum, one) => sum + one.count, 0);
  for (const one of parsed.keys()) {
    if (count <= MOST_PARSED) return;
    parsed.delete(one);
    count -= one.count;
  }
}

function parse({ text }: PackedRows): Parsed {
  limitGarbage();
  const rows = JSON.parse(inflateRawSync(text).toString()) as IndexRow[];
  return new Map(rows.map((row) => [row.snapshot, row]));
}

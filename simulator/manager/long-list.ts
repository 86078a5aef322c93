export type Item = Readonly<Record<string, unknown>>;

/** Items that differ in nothing but what names them. */
export interface Run {
  readonly count: number;
  readonly itemAt: (position: number) => Item;
}

/** Runs of items that are only made when they are looked at, and rows behind them: a manager may hold very many. */
export class LongList {
  readonly #runs: readonly Run[];
  readonly #rows: readonly Item[];
  readonly length: number;

  constructor(runs: readonly Run[], rows: readonly Item[] = []) {
    this.#runs = runs.filter(({ count }) => count > 0);
    this.#rows = rows;
    this.length = this.#runs.reduce((sum, { count }) => sum + count, rows.length);
  }

  slice(start: number, end: number): Item[] {
    const items: Item[] = [];
    let before = 0;
    for (const { count, itemAt } of this.#runs) {
      const last = Math.min(count, end - before);
      for (let position = Math.max(0, start - before); position < last; position++) items.push(itemAt(position));
      before += count;
    }
    return [...items, ...this.#rows.slice(Math.max(0, start - before), Math.max(0, end - before))];
  }

  /** Makes all items; of a run whose first one is not like that, none. */
  all(isLikely: (sample: Item) => boolean): Item[] {
    const runs = this.#runs.filter(({ itemAt }) => isLikely(itemAt(0)));
    return [...runs.flatMap(({ count, itemAt }) => Array.from({ length: count }, (_, n) => itemAt(n))), ...this.#rows];
  }
}

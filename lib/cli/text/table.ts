/** Columns as wide as what is in them, two blanks between, the first row as headings; nothing after the last column. */
export function tableText(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [...tablePieces(heads, rows, (row) => row)].join('');
}

/** Rows of a piece: 100 KB or so. */
const PIECE = 500;

/** The same, piece by piece, each row made twice: at once the rows and text of 10,000 archives take 15 MB of the heap. */
export function* tablePieces<T>(
  heads: readonly string[],
  items: readonly T[],
  rowOf: (item: T) => readonly string[],
): Generator<string> {
  const widths = heads.map(({ length }) => length);
  for (const item of items) {
    const row = rowOf(item);
    for (const column of heads.keys()) widths[column] = Math.max(widths[column] ?? 0, (row[column] ?? '').length);
  }
  const line = (row: readonly string[]) =>
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  yield line(heads);
  for (let at = 0; at < items.length; at += PIECE)
    yield items
      .slice(at, at + PIECE)
      .map((item) => line(rowOf(item)))
      .join('');
}

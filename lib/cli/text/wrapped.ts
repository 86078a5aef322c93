/** `Label     text`, as results are printed: what follows stands below the text. Headings of tables are in capitals. */
const ROW = /^(?=.{10}\S)[A-Z][a-z]\S*(?: \S+)* +/;
const NARROWEST = 40;

/**
 * Breaks lines of results, notes and errors between words where a terminal would break them within one. Tables, what is
 * drawn over, and words that are longer than a line stay as they are.
 */
export function wrapped(text: string, columns: number): string {
  if (columns < NARROWEST || text.includes('\r')) return text;
  return text
    .split('\n')
    .map((line) => (line.length <= columns ? line : broken(line, columns)))
    .join('\n');
}

function broken(line: string, columns: number): string {
  const row = ROW.exec(line)?.[0].length === 10;
  if (!row && !/^(offsite: |Warning: | {2}\S)/.test(line)) return line;
  const indent = ' '.repeat(row ? 10 : 2);
  const lines: string[] = [];
  let open = row ? line.slice(0, 10) : (/^ */.exec(line)?.[0] ?? '');
  let isEmpty = true;
  for (const word of line.slice(open.length).split(' ')) {
    if (!isEmpty && open.length + 1 + word.length > columns) {
      lines.push(open);
      open = indent;
      isEmpty = true;
    }
    open += `${isEmpty ? '' : ' '}${word}`;
    isEmpty = false;
  }
  return [...lines, open].join('\n');
}

import { expect, test } from 'vitest';
import { CopyRows } from '../../lib/snapshot/copy-rows.ts';
import { seeded } from '../support/seeded.ts';

const COLUMNS = 5;

/** The rows before the first that is wrong, or before the end of the table, and how it went on. */
function read(data: Buffer, size: number): readonly [number, string] {
  const table = new CopyRows('logs', COLUMNS, []);
  try {
    for (let from = 0; from < data.length && !table.ended; from += size) {
      const piece = data.subarray(from, from + size);
      for (let at = 0; at < piece.length && !table.ended; ) at = table.feed(piece, at);
    }
    return [table.rows, table.ended ? 'ended' : 'open'];
  } catch (error) {
    return [table.rows, String(error)];
  }
}

/** What PostgreSQL's text format says, by a regular expression. */
function rowsOf(data: Buffer): number {
  const right = /^(?:[^\t\n\r\\]|\\[bfnrtvN\\])*(?:\t(?:[^\t\n\r\\]|\\[bfnrtvN\\])*){4}$/;
  const lines = data.toString('latin1').split('\n').slice(0, -1);
  const wrong = lines.findIndex((line) => !right.test(line));
  return wrong === -1 ? lines.length : wrong;
}

const EDITS = ['\t', '\n', '\r', '\\', '\\N', '\\.', '\\.\n', '\\\\', '\\\\\\.', '\\t', 'x', '\x08', '\x0b', 'é', ''];

test('rows of large tables are looked at several bytes at a time with the same result as byte by byte', () => {
  for (const [round, next] of [...seeded(1500)].entries()) {
    const below = (limit: number) => Math.floor(next() * limit);
    const value = () => 'aé\\n\\N'.repeat(below(4)) + 'y'.repeat(below(10) === 0 ? below(3000) : below(12));
    const rows = Array.from({ length: 1 + below(6) }, () => Array.from({ length: COLUMNS }, value).join('\t'));
    const text = Buffer.from(rows.map((row) => `${row}\n`).join(''));
    const place = below(text.length);
    const edit = Buffer.from(EDITS[below(EDITS.length)] ?? '');
    const parts = [text.subarray(0, place), edit, text.subarray(place + below(3))];
    // At every alignment to words of four bytes, with bytes before and after that belong to others.
    const shift = below(8);
    const around = Buffer.concat([Buffer.alloc(shift, 9), ...parts, Buffer.alloc(below(8), 92)]);
    const data = around.subarray(shift, shift + Buffer.concat(parts).length);
    const found = read(data, data.length);
    expect(found, `round ${round}`).toEqual(read(data, 1));
    expect(found[0], `round ${round}`).toBe(rowsOf(data));
  }
});

test('a row with hundreds of tabs too many is never taken for one with the right number', () => {
  for (let tabs = 0; tabs < 2100; tabs++) {
    const [rows] = read(Buffer.from(`${'\t'.repeat(tabs)}\n`), 4096);
    expect(rows, `${tabs} tabs`).toBe(Number(tabs === COLUMNS - 1));
  }
});

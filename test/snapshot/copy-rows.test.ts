import { expect, test } from 'vitest';
import { ByteFinder } from '../../lib/snapshot/byte-finder.ts';
import { CopyRows, ROW_BYTES } from '../../lib/snapshot/copy-rows.ts';
import { seeded } from '../support/seeded.ts';

const COLUMNS = 5;
const finder = new ByteFinder(ROW_BYTES);

/** The fourth and the second column of the rows before the first that is wrong, or before the end, and how it went on. */
function read(data: Buffer, size: number): readonly [string[], string] {
  const rows: string[] = [];
  const table = new CopyRows('logs', COLUMNS, [3, 1], (values) => rows.push(values.join('\t')));
  const counted = new CopyRows('logs', COLUMNS, []);
  try {
    for (let from = 0; from < data.length && !table.ended; from += size) {
      const piece = data.subarray(from, from + size);
      const places = finder.find(piece);
      const end = table.feed(piece, 0, places, 0);
      const whole = counted.takeWhole(piece, 0);
      const rest = piece.subarray(whole);
      const answer = rest.length === 0 ? 0 : counted.feed(rest, 0, finder.find(rest), 0);
      if (whole + answer !== end) throw new Error('Where it goes on depends on the columns.');
    }
    if (counted.rows !== rows.length) throw new Error('How many there are depends on the columns.');
    return [rows, table.ended ? 'ended' : 'open'];
  } catch (error) {
    return [rows, String(error)];
  } finally {
    expect(table.rows).toBe(rows.length);
    expect(counted.rows).toBeLessThanOrEqual(rows.length);
  }
}

/** What PostgreSQL's text format says, by a regular expression. */
function rowsOf(data: Buffer): string[] {
  const right = /^(?:[^\t\n\r\\]|\\[bfnrtvN\\])*(?:\t(?:[^\t\n\r\\]|\\[bfnrtvN\\])*){4}$/;
  const lines = data.toString('latin1').split('\n').slice(0, -1);
  const wrong = lines.findIndex((line) => !right.test(line));
  const rows = lines.slice(0, wrong === -1 ? lines.length : wrong).map((line) => line.split('\t'));
  return rows.map(([, second = '', , fourth = '']) => `${fourth.slice(0, 1024)}\t${second.slice(0, 1024)}`);
}

const EDITS = ['\t', '\n', '\r', '\\', '\\N', '\\.', '\\.\n', '\\\\', '\\\\\\.', '\\t', 'x', '\x08', '\x0b', 'é', ''];

test('rows that are odd in any way are read alike in pieces of any size, and as the text format of COPY has them', () => {
  for (const [round, next] of [...seeded(1500)].entries()) {
    const below = (limit: number) => Math.floor(next() * limit);
    const value = () => 'aé\\n\\N'.repeat(below(4)) + 'y'.repeat(below(10) === 0 ? below(3000) : below(12));
    const rows = Array.from({ length: 1 + below(6) }, () => Array.from({ length: COLUMNS }, value).join('\t'));
    const text = Buffer.from(rows.map((row) => `${row}\n`).join(''));
    const place = below(text.length);
    const edit = Buffer.from(EDITS[below(EDITS.length)] ?? '');
    const parts = [text.subarray(0, place), edit, text.subarray(place + below(3))];
    const data = Buffer.concat(parts);
    const found = read(data, data.length);
    expect(found, `round ${round}`).toEqual(read(data, 1));
    expect(found, `round ${round}`).toEqual(read(data, 2 + below(40)));
    expect(found[0], `round ${round}`).toEqual(rowsOf(data));
  }
});

test('a row with hundreds of tabs too many is never taken for one with the right number', () => {
  for (let tabs = 0; tabs < 2100; tabs++) {
    // What follows is there for the row to be looked at as a whole.
    const data = Buffer.from(`${'\t'.repeat(tabs)}\n${'x'.repeat(32)}`);
    const counted = new CopyRows('logs', COLUMNS, []);
    expect(counted.takeWhole(data, 0), `${tabs} tabs`).toBe(tabs === COLUMNS - 1 ? COLUMNS : 0);
    const [rows] = read(data, 4096);
    expect(rows.length, `${tabs} tabs`).toBe(Number(tabs === COLUMNS - 1));
  }
});

import { expect, test } from 'vitest';
import { jsonPieces } from '../../lib/cli/text/json-pieces.ts';
import { tablePieces, tableText } from '../../lib/cli/text/table.ts';

const items = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `a${at}`, notes: ['x\ny', at] }));

test.each([0, 1, 500, 501, 1234])('a document of %d items in pieces is what it is at once', (count) => {
  const of = ({ name, notes }: { name: string; notes: unknown[] }) => ({ name, notes, none: [] });
  const [before, after] = [
    { place: '/mnt', at: null },
    { unreadable: [], index: [{ why: 'w' }] },
  ];
  const whole = { ...before, archives: items(count).map(of), ...after };
  const pieces = [...jsonPieces(before, 'archives', { items: items(count), of }, after)];
  expect(pieces.join('')).toBe(`${JSON.stringify(whole, null, 2)}\n`);
  expect(pieces.length).toBe(2 + Math.ceil(count / 500));
});

test('a table in pieces is what it is at once, and no piece holds more than 500 rows', () => {
  const rowOf = ({ name, notes }: { name: string; notes: unknown[] }) => [name, `${notes[1]}`, name];
  const pieces = [...tablePieces(['NAME', 'AT', 'N'], items(1234), rowOf)];
  expect(pieces.join('')).toBe(tableText(['NAME', 'AT', 'N'], items(1234).map(rowOf)));
  expect(Math.max(...pieces.map((piece) => piece.split('\n').length - 1))).toBe(500);
  expect(
    tableText(
      ['A', 'B'],
      [
        ['long', 'x'],
        ['s', ''],
      ],
    ),
  ).toBe('A     B\nlong  x\ns\n');
});

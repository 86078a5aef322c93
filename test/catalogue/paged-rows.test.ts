import { expect, test } from 'vitest';
import { hours } from '../../lib/base/durations.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { IndexRow } from '../../lib/catalogue/index-records.ts';
import { PagedRows, packed } from '../../lib/catalogue/paged-rows.ts';
import { indexMonthOf } from '../../lib/storage/layout.ts';

/** One an hour, 720 a month, some with a name that tells no time. */
function rowsOf(count: number, version: string): IndexRow[] {
  const from = Date.parse('2025-01-01T00:00:00Z');
  const ids = Array.from({ length: count }, (_, at) => snapshotIdAt(new Date(from + hours(at))));
  return [...ids, `other-${version}`].map((snapshot, at) => ({ snapshot, version, memberCount: at }) as IndexRow);
}

const paged = (rows: readonly IndexRow[]) =>
  new PagedRows(
    new Map([...Map.groupBy(rows, ({ snapshot }) => indexMonthOf(snapshot))].map(([m, of]) => [m, packed(of)])),
  );

test('rows are given as they were, of several indexes in turn and in whatever order they are asked for', () => {
  const made = ['1', '2', '3'].map((version) => rowsOf(3000, version));
  const indexes = made.map(paged);
  for (const at of [0, 2999, 1500, 720, 3000, 0]) {
    for (const [which, rows] of made.entries()) {
      const row = rows[at] as IndexRow;
      expect(indexes[which]?.get(row.snapshot)).toEqual(row);
      expect(indexes[which]?.has(row.snapshot)).toBe(true);
    }
  }
  for (const [which, rows] of made.entries()) {
    expect(indexes[which]?.size).toBe(rows.length);
    expect([...(indexes[which]?.values() ?? [])]).toEqual(rows);
  }
});

test('what is in no page is in no index, whatever its name', () => {
  const rows = paged(rowsOf(10, '1'));
  for (const name of ['offsite-20250101T120000Z', 'offsite-20261301T000000Z', 'other-2', ''])
    expect([rows.get(name), rows.has(name)]).toEqual([undefined, false]);
  expect([...rows.ofMonth('2031-01')]).toEqual([]);
});

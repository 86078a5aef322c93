import type { Manifest } from '../../catalogue/records.ts';
import type { Content } from '../../manager/content.ts';
import { compareContent } from '../../restore/prove/compare.ts';

/** The same things, counted in three places. */
export interface DemoCounts {
  readonly before: Content;
  readonly archive: Manifest['inventory'];
  readonly after: Content;
}

/** Managers make executions by themselves: those of the snapshot and of the restore are not in the archive. */
const MOVING = new Set(['executions']);
const WIDTHS = [16, 16, 9, 15];

/** A table of types, and the word on it. */
export function proofOf({ before, archive, after }: DemoCounts): { text: string; isEqual: boolean } {
  const types = Object.keys(before.totals).filter((type) => !MOVING.has(type));
  const rows = types.map((type) => {
    const counts = [before.totals[type], archive.totals[type] ?? 0, after.totals[type]];
    const isSame = counts.every((count) => count === counts[0]);
    return { cells: [type, ...counts.map((count) => String(count ?? '-'))], isSame };
  });
  const { truncated: _, ...inventory } = archive;
  const differences = compareContent(inventory, after).differences;
  const isEqual = rows.every(({ isSame }) => isSame) && differences.length === 0;
  const tenants = Object.keys(archive.tenants).length;
  const word = isEqual
    ? `equal: ${types.length} types, over all and in each of ${tenants} tenants`
    : `NOT EQUAL: ${differences.length} differences`;
  const lines = [
    line(['', 'manager before', 'archive', 'manager after']),
    ...rows.map(({ cells, isSame }) => `${line(cells)}   ${isSame ? 'equal' : 'NOT EQUAL'}`),
    word,
  ];
  return { text: lines.map((text) => `${text.trimEnd()}\n`).join(''), isEqual };
}

/** The first cell to the left, numbers to the right. */
function line(cells: readonly string[]): string {
  return cells.map((cell, n) => (n === 0 ? cell.padEnd(WIDTHS[n] ?? 0) : cell.padStart(WIDTHS[n] ?? 0))).join('');
}

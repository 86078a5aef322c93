import type { Spec } from 'vega';
import type { Run } from '../model/runs.ts';
import { CONFIG, draw, FONT, WIDE } from './draw.ts';

/** What drift detection compares (lib/export/drift.ts). */
export const WATCHED = ['tenants', 'users', 'blueprints', 'deployments', 'plugins', 'secrets'] as const;

const COLUMNS = 3;
const GAP = 56;

/** One small line for each type, each with a scale of its own: a fall from 40 deployments to 2 is to be seen. */
const INVENTORY: Spec = {
  config: { ...CONFIG, group: { stroke: null } },
  autosize: { type: 'pad' },
  signals: [
    { name: 'span', value: [0, 1] },
    { name: 'cellWidth', value: (WIDE - 60 - GAP * (COLUMNS - 1)) / COLUMNS },
  ],
  data: [{ name: 'counts' }],
  layout: { columns: COLUMNS, padding: { row: 66, column: GAP }, bounds: 'flush', align: 'all' },
  marks: [
    {
      type: 'group',
      from: { facet: { name: 'cell', data: 'counts', groupby: ['type', 'last'] } },
      title: {
        text: { signal: "parent.type + '  ' + format(parent.last, ',')" },
        ...{
          anchor: 'start',
          frame: 'group',
          font: FONT,
          fontSize: 13,
          fontWeight: 600,
          color: 'var(--ink)',
          offset: 8,
        },
      },
      encode: { update: { width: { signal: 'cellWidth' }, height: { value: 56 } } },
      signals: [
        { name: 'width', update: 'cellWidth' },
        { name: 'height', update: '56' },
      ],
      scales: [
        { name: 'x', type: 'utc', domain: { signal: 'span' }, range: [0, { signal: 'cellWidth' }] },
        { name: 'y', type: 'linear', domain: { data: 'cell', field: 'count' }, zero: true, nice: true, range: [56, 0] },
      ],
      axes: [
        {
          orient: 'left',
          scale: 'y',
          values: { signal: "domain('y')" },
          grid: true,
          domain: false,
          ticks: false,
          format: '~s',
        },
        { orient: 'bottom', scale: 'x', tickCount: 2, format: '%-d %b', labelOverlap: true, ticks: false },
      ],
      marks: [
        {
          type: 'line',
          from: { data: 'cell' },
          encode: {
            enter: {
              ...{
                x: { scale: 'x', field: 'time' },
                y: { scale: 'y', field: 'count' },
                interpolate: { value: 'step-after' },
              },
              ...{ stroke: { value: 'var(--accent)' }, strokeWidth: { value: 2 } },
            },
          },
        },
        {
          type: 'symbol',
          from: { data: 'cell' },
          encode: {
            update: {
              ...{
                x: { scale: 'x', field: 'time' },
                y: { scale: 'y', field: 'count' },
                shape: { value: 'triangle-up' },
              },
              ...{ size: { signal: 'datum.fell ? 80 : 0' }, fill: { value: 'var(--flagged)' } },
            },
          },
        },
      ],
    },
  ],
};

/** Undefined: no archive of the period has an inventory. */
export async function inventoryChart(runs: readonly Run[], span: [number, number]): Promise<string | undefined> {
  const counted = runs.filter(({ totals }) => totals !== null);
  const last = counted.at(-1)?.totals;
  if (!last) return undefined;
  const counts = WATCHED.flatMap((type) =>
    counted
      .map(({ day, totals, flags }) => ({
        ...{ type, last: last[type] ?? 0, time: Date.parse(day), count: totals?.[type] ?? 0 },
        fell: flags.some((flag) => flag.type === type),
      }))
      // A line in steps is the same without the points between two changes, and is drawn in a quarter of the time.
      .filter(({ count, fell }, at, all) => fell || at === all.length - 1 || count !== all[at - 1]?.count),
  );
  return await draw(INVENTORY, { counts }, { span });
}

import type { Spec } from 'vega';
import type { RestoreFact } from '../facts/restore-facts.ts';
import { CONFIG, draw, WIDE } from './draw.ts';

const MOST_ROWS = 12;
const ORDER = ['prepare', 'approval', 'upload', 'restore', 'verify'];

/** A row for each restore, its phases one after the other. */
const RESTORES: Spec = {
  width: WIDE - 180,
  autosize: { type: 'pad' },
  config: CONFIG,
  signals: [
    { name: 'unit', value: 'minutes' },
    { name: 'rows', value: 1 },
    { name: 'height', update: 'rows * 26' },
  ],
  data: [
    { name: 'phases', transform: [{ type: 'stack', groupby: ['row'], sort: { field: 'order' }, field: 'spent' }] },
  ],
  scales: [
    { name: 'x', type: 'linear', domain: { data: 'phases', field: 'y1' }, nice: true, range: 'width' },
    { name: 'y', type: 'band', domain: { data: 'phases', field: 'row' }, range: 'height', padding: 0.35 },
    {
      ...{ name: 'fill', type: 'ordinal', domain: [0, 1, 2, 3, 4] },
      range: ['var(--phase-1)', 'var(--phase-0)', 'var(--phase-2)', 'var(--phase-3)', 'var(--phase-4)'],
    },
  ],
  axes: [
    { orient: 'bottom', scale: 'x', grid: true, domain: false, ticks: false, tickCount: 6, title: { signal: 'unit' } },
    { orient: 'left', scale: 'y', domain: false, ticks: false, labelLimit: 220 },
  ],
  marks: [
    {
      type: 'rect',
      from: { data: 'phases' },
      encode: {
        update: {
          ...{ y: { scale: 'y', field: 'row' }, height: { scale: 'y', band: 1 }, x: { scale: 'x', field: 'y0' } },
          ...{ x2: { scale: 'x', field: 'y1' }, fill: { scale: 'fill', field: 'order' } },
        },
      },
    },
  ],
};

/** The newest first. Undefined: there is none of which a phase is known. */
export async function restoresChart(restores: readonly RestoreFact[]): Promise<string | undefined> {
  const shown = restores
    .filter(({ phases }) => phases.length > 0)
    .slice(-MOST_ROWS)
    .reverse();
  if (shown.length === 0) return undefined;
  const longest = Math.max(...shown.map(({ phases }) => phases.reduce((sum, { seconds }) => sum + seconds, 0)));
  const [unit, per] = longest > 3 * 3600 ? ['hours', 3600] : longest > 180 ? ['minutes', 60] : ['seconds', 1];
  const phases = shown.flatMap(({ startedAt, isDrill, phases }) =>
    phases.map(({ phase, seconds }) => ({
      row: `${startedAt.slice(0, 16).replace('T', ' ')} ${isDrill ? 'test' : 'restore'}`,
      order: ORDER.indexOf(phase),
      spent: seconds / per,
    })),
  );
  return await draw(RESTORES, { phases }, { unit, rows: shown.length });
}

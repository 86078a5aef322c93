import type { Spec } from 'vega';
import type { FleetRow } from '../model/fleet-row.ts';
import { barWidth, dayAxis, draw, frame, spanOf, valueAxis, WIDE, xByDay, yOf } from './draw.ts';

/** From the bottom up: what is verified is the ground, what is not stands on it. */
const STATES = ['verified', 'running', 'flagged', 'missing', 'failed', 'damaged'] as const;

const ORDER: readonly string[] = STATES;

const NIGHTS: Spec = {
  ...frame(WIDE, 150),
  signals: [
    { name: 'span', value: [0, 1] },
    { name: 'bar', value: 5 },
  ],
  data: [
    { name: 'nights', transform: [{ type: 'stack', groupby: ['time'], sort: { field: 'order' }, field: 'managers' }] },
  ],
  scales: [
    xByDay,
    yOf('nights', 'y1'),
    {
      ...{ name: 'fill', type: 'ordinal', domain: [...STATES] },
      range: ['var(--phase-2)', 'var(--none)', 'var(--flagged)', 'var(--surface)', 'var(--failed)', 'var(--failed)'],
    },
  ],
  axes: [dayAxis, { ...valueAxis, format: 'd', title: 'managers' }],
  marks: [
    {
      type: 'rect',
      from: { data: 'nights' },
      encode: {
        update: {
          ...{
            xc: { scale: 'x', field: 'time' },
            width: { signal: 'bar' },
            y: { scale: 'y', field: 'y0' },
            y2: { scale: 'y', field: 'y1' },
          },
          ...{
            fill: { scale: 'fill', field: 'state' },
            stroke: { signal: "datum.state == 'missing' ? 'var(--failed)' : 'transparent'" },
          },
        },
      },
    },
  ],
};

/** Undefined: with one manager the row itself says it. */
export async function nightsChart(rows: readonly FleetRow[]): Promise<string | undefined> {
  const [first] = rows;
  if (!first || rows.length < 2) return undefined;
  // Days of zones far apart differ at the ends.
  const all = [...new Set(rows.flatMap((row) => row.days.map(({ day }) => day)))].sort();
  const counted = new Map<string, number>();
  for (const row of rows) {
    for (const { day, state } of row.days) {
      if (state !== null) counted.set(`${day} ${state}`, (counted.get(`${day} ${state}`) ?? 0) + 1);
    }
  }
  if (counted.size === 0) return undefined;
  const nights = [...counted].map(([name, managers]) => {
    const [day = '', state = ''] = name.split(' ');
    return { time: Date.parse(day), state, managers, order: ORDER.indexOf(state) };
  });
  const span = spanOf(all);
  const bar = barWidth(WIDE, all.length);
  return await draw(NIGHTS, { nights }, { span, bar });
}

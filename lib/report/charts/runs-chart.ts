import type { Spec } from 'vega';
import { days as daysOf } from '../../base/durations.ts';
import { PHASES, type Run } from '../model/runs.ts';
import { barWidth, dayAxis, draw, frame, HALF, valueAxis, xByDay, yOf } from './draw.ts';

/** Size over time: a line of what was verified, odd ones marked, nights without an archive crossed on the axis. */
const SIZE: Spec = {
  ...frame(HALF, 170),
  signals: [
    { name: 'span', value: [0, 1] },
    { name: 'unit', value: 'GiB' },
  ],
  data: [{ name: 'sizes' }, { name: 'odd' }, { name: 'lost' }],
  scales: [xByDay, yOf('sizes', 'size')],
  axes: [dayAxis, { ...valueAxis, title: { signal: 'unit' } }],
  marks: [
    {
      type: 'area',
      from: { data: 'sizes' },
      encode: {
        enter: {
          ...{ x: { scale: 'x', field: 'time' }, y: { scale: 'y', field: 'size' }, y2: { scale: 'y', value: 0 } },
          ...{ fill: { value: 'var(--accent)' }, fillOpacity: { value: 0.12 }, interpolate: { value: 'monotone' } },
        },
      },
    },
    {
      type: 'line',
      from: { data: 'sizes' },
      encode: {
        enter: {
          ...{ x: { scale: 'x', field: 'time' }, y: { scale: 'y', field: 'size' }, interpolate: { value: 'monotone' } },
          ...{ stroke: { value: 'var(--accent)' }, strokeWidth: { value: 2 } },
        },
      },
    },
    {
      type: 'symbol',
      from: { data: 'odd' },
      encode: {
        enter: {
          ...{ x: { scale: 'x', field: 'time' }, y: { scale: 'y', field: 'size' }, shape: { field: 'shape' } },
          ...{
            size: { value: 110 },
            fill: { field: 'fill' },
            stroke: { value: 'var(--surface)' },
            strokeWidth: { value: 1.5 },
          },
        },
      },
    },
    {
      type: 'symbol',
      from: { data: 'lost' },
      encode: {
        enter: {
          ...{
            x: { scale: 'x', field: 'time' },
            y: { signal: 'height' },
            shape: { value: 'M-.7,-.7L.7,.7M-.7,.7L.7,-.7' },
          },
          ...{ size: { value: 70 }, stroke: { value: 'var(--failed)' }, strokeWidth: { value: 2 } },
        },
      },
    },
  ],
};

/** How long each phase took, a stack for each run. */
const DURATION: Spec = {
  ...frame(HALF, 170),
  signals: [
    { name: 'span', value: [0, 1] },
    { name: 'unit', value: 'minutes' },
    { name: 'bar', value: 5 },
  ],
  data: [
    { name: 'phases', transform: [{ type: 'stack', groupby: ['time'], sort: { field: 'order' }, field: 'spent' }] },
  ],
  scales: [
    xByDay,
    yOf('phases', 'y1'),
    {
      name: 'fill',
      type: 'ordinal',
      domain: [0, 1, 2, 3],
      range: ['var(--phase-1)', 'var(--phase-2)', 'var(--phase-3)', 'var(--phase-4)'],
    },
  ],
  axes: [dayAxis, { ...valueAxis, title: { signal: 'unit' } }],
  marks: [
    {
      type: 'rect',
      from: { data: 'phases' },
      encode: {
        enter: {
          ...{ xc: { scale: 'x', field: 'time' }, width: { signal: 'bar' }, y: { scale: 'y', field: 'y0' } },
          ...{ y2: { scale: 'y', field: 'y1' }, fill: { scale: 'fill', field: 'order' } },
        },
      },
    },
  ],
};

const UNITS = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['bytes', 1],
] as const;

/** As the calendar has them. */
const MARKS = [
  { state: 'flagged', shape: 'triangle-up', fill: 'var(--flagged)' },
  { state: 'damaged', shape: 'triangle-down', fill: 'var(--failed)' },
] as const;

/** The whole text of a chart of what has no numbers would be axes; undefined: there is nothing to draw. */
export async function sizeChart(runs: readonly Run[], span: [number, number]): Promise<string | undefined> {
  const sized = runs.flatMap((run) => (run.size === null ? [] : [{ ...run, size: run.size }]));
  if (sized.length === 0) return undefined;
  const most = Math.max(...sized.map(({ size }) => size));
  const [unit, bytes] = UNITS.find(([, one]) => most >= one) ?? ['bytes', 1];
  const points = sized.map(({ day, size, state }) => ({ time: Date.parse(day), size: size / bytes, state }));
  const lost = runs
    .filter(({ state }) => state === 'failed' || state === 'missing')
    .map(({ day }) => ({ time: Date.parse(day) }));
  const odd = points.flatMap((point) => {
    const mark = MARKS.find(({ state }) => state === point.state);
    return mark ? [{ ...point, ...mark }] : [];
  });
  return await draw(SIZE, { sizes: points, odd, lost }, { span, unit });
}

export async function durationChart(runs: readonly Run[], span: [number, number]): Promise<string | undefined> {
  const spent = runs.flatMap(({ day, phases }) =>
    phases.map((one) => ({ time: Date.parse(day), order: PHASES.indexOf(one.phase), ...one })),
  );
  if (spent.length === 0) return undefined;
  const longest = Math.max(...runs.map(({ phases }) => phases.reduce((sum, { seconds }) => sum + seconds, 0)));
  const [unit, per] = longest > 3 * 3600 ? ['hours', 3600] : longest > 180 ? ['minutes', 60] : ['seconds', 1];
  const days = Math.max(1, (span[1] - span[0]) / daysOf(1));
  const bar = barWidth(HALF, days);
  const phases = spent.map(({ seconds, ...one }) => ({ ...one, spent: seconds / per }));
  return await draw(DURATION, { phases }, { span, unit, bar });
}

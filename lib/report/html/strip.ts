import type { Day } from '../model/fleet-row.ts';
import { RUN_STATES, type RunState } from '../model/runs.ts';
import { type Html, html, trusted } from './escaped.ts';
import { STATE_WORDS } from './glyphs.ts';
import { count, dayText } from './words.ts';

const [WIDTH, PITCH, HEIGHT] = [3, 4, 20];
/** Above so many days a cell is a week, or a row would be wider than a page. */
const MOST_CELLS = 120;

/** Bars that differ in form as well: whole, dotted above, half, broken, a stub, a dash. Pairs of top and bottom. */
const BARS: Readonly<Record<RunState | 'none', readonly (readonly [number, number])[]>> = {
  verified: [[0, 20]],
  flagged: [
    [0, 4],
    [7, 20],
  ],
  failed: [[12, 20]],
  damaged: [
    [0, 4],
    [8, 12],
    [16, 20],
  ],
  missing: [[17, 20]],
  running: [[0, 9]],
  none: [[9.5, 10.5]],
};

interface Cell {
  readonly from: string;
  readonly state: RunState | null;
}

/** A bar a day, or a week by its worst day. */
export function cellsOf(days: readonly Day[]): { readonly cells: readonly Cell[]; readonly unit: 'day' | 'week' } {
  if (days.length <= MOST_CELLS) return { cells: days.map(({ day, state }) => ({ from: day, state })), unit: 'day' };
  const weeks = Array.from({ length: Math.ceil(days.length / 7) }, (_, at) => days.slice(at * 7, at * 7 + 7));
  const cells = weeks.map((week) => ({
    from: week[0]?.day ?? '',
    state: RUN_STATES.find((state) => week.some((day) => day.state === state)) ?? null,
  }));
  return { cells, unit: 'week' };
}

/** The runs of a manager in a line. One path a state: a fleet has tens of thousands of bars. */
export function stripOf(days: readonly Day[]): Html {
  const { cells, unit } = cellsOf(days);
  const pitch = unit === 'week' ? PITCH + 2 : PITCH;
  const paths = [...RUN_STATES, 'none' as const].flatMap((state) => {
    const path = cells
      .flatMap((cell, at) =>
        (cell.state ?? 'none') === state ? BARS[state].map(([top, end]) => barPath(at * pitch, top, end, pitch)) : [],
      )
      .join('');
    return path === '' ? [] : [`<path class="fill-${state}" d="${path}"/>`];
  });
  const width = cells.length * pitch;
  return html`<svg class="strip" preserveAspectRatio="none" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" aria-label="${spoken(days)}">${trusted(paths.join(''))}</svg>`;
}

const barPath = (x: number, top: number, end: number, pitch: number) =>
  `M${x} ${top}h${WIDTH + pitch - PITCH}V${end}H${x}z`;

/** For who hears the page: what went well as a number, what did not by its date. */
function spoken(days: readonly Day[]): string {
  const due = days.filter(({ state }) => state !== null);
  const good = due.filter(({ state }) => state === 'verified').length;
  const odd = due.filter(({ state }) => state !== 'verified');
  const listed = odd
    .slice(-6)
    .map(({ day, state }) => `${dayText(day)} ${STATE_WORDS[state ?? 'none'].replace(/:.*/, '')}`);
  const more = odd.length > listed.length ? `, and ${odd.length - listed.length} earlier` : '';
  const rest = listed.length === 0 ? '' : `; ${listed.join(', ')}${more}`;
  return due.length === 0 ? 'No run was due.' : `${good} of ${count(due.length, 'day')} verified${rest}.`;
}

/** A size trend without a scale: the table beside it has the numbers. */
export function sparkOf(sizes: readonly number[]): Html | string {
  if (sizes.length < 2) return '';
  const most = Math.max(...sizes, 1);
  const points = sizes.map(
    (size, at) => `${((at / (sizes.length - 1)) * 84).toFixed(1)},${(20 - (size / most) * 18).toFixed(1)}`,
  );
  return html`<svg class="spark" viewBox="0 0 84 22" aria-hidden="true" focusable="false"><polyline points="${points.join(' ')}"/></svg>`;
}

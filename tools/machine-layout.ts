import { type Graph, type Machine, type State, stateOf } from './machine-graph.ts';
import { roundHeight } from './round-layout.ts';
import { captionOf } from './state-caption.ts';
import type { Box } from './svg.ts';

export const TOP = 114;
const GAP = 20;
/** Room under a choice for an end of its own. */
const SIDE = 46;
/** A column of a picture: where it begins, in the machine (the first with its start) and on the page. */
export interface Column {
  readonly from?: string;
  readonly head: string;
  readonly x: number;
  readonly w: number;
}
export type Columns = readonly [Column, Column, Column];
const HEIGHTS: Readonly<Record<string, number>> = {
  Pass: 26,
  Task: 54,
  Wait: 42,
  Choice: 34,
  Succeed: 40,
  Fail: 40,
};
export type Places = ReadonlyMap<string, Box>;

export const middle = ({ x, w }: Box) => x + w / 2;
export const heart = ({ y, h }: Box) => y + h / 2;
export const bottom = ({ y, h }: Box) => y + h;
/** What a Map takes around the pile that its round is. */
const PILE = 46;
/** Head and foot of the panel around the way after an error. */
const PANEL = 62;
/** A third line of words under a task's name needs more room. */
const MORE = 13;

export function heightOf(state: State, width: number): number {
  const round = roundHeight(state, width);
  if (round !== undefined) return round;
  if (state.ItemProcessor)
    return PILE + heightOf(stateOf(state.ItemProcessor, state.ItemProcessor.StartAt), width - 32);
  const height = HEIGHTS[state.Type] ?? 0;
  const lines = captionOf(state, width).length;
  if (state.Type === 'Wait') return height + MORE * Math.max(0, lines - 1);
  return state.Type === 'Task' ? height + MORE * Math.max(0, lines - 2) : height;
}

/** How much narrower a detour is than its column: the way to success passes it on the right. */
export const BYPASS = 44;

interface Part extends Column {
  readonly names: readonly string[];
}

/** Every state's box. Columns one and two end at the same height, `floor`; so does the way after an error, in the third. */
export function place(machine: Machine, graph: Graph, columns: Columns): { places: Places; floor: number } {
  const parts = columns.map((column, i) => ({ ...column, names: namesIn(graph, columns, i) }));
  const sideOf = (name: string) => graph.sides.find((side) => side.from === name);
  const isDetour = (name: string) =>
    graph.detours.some(({ states }) => states.includes(name)) || graph.waits.some(({ to }) => to === name);
  const sizeOf = (name: string, { w }: Part) => {
    const width = isDetour(name) ? w - BYPASS : w;
    return { w: width, h: heightOf(stateOf(machine, name), width) };
  };
  const full = (part: Part, gap: number) =>
    part.names.reduce((sum, n) => sum + sizeOf(n, part).h + (sideOf(n) ? SIDE : 0), 0) + gap * (part.names.length - 1);
  const failure = placeFailure(machine, graph, columns[2], 0);
  const third = parts[2] ? full(parts[2], GAP) + PANEL - Math.min(...failure.map(([, { y }]) => y)) : 0;
  const height = Math.max(...parts.slice(0, 2).map((part) => full(part, GAP)), third);
  const places = new Map<string, Box>();
  for (const [i, part] of parts.entries()) {
    const gap = i < 2 ? (height - full(part, 0)) / (part.names.length - 1) : GAP;
    const { x } = part;
    let y = TOP;
    for (const name of part.names) {
      const { w, h } = sizeOf(name, part);
      places.set(name, { x, y, w, h });
      const side = sideOf(name);
      if (side) places.set(side.to, { x, y: y + h + 22, w: 84, h: 30 });
      y += h + gap + (side ? SIDE : 0);
    }
  }
  const floor = TOP + height;
  for (const [name, box] of placeFailure(machine, graph, columns[2], floor)) places.set(name, box);
  return { places, floor };
}

function namesIn({ success, detours, waits }: Graph, columns: Columns, i: number): string[] {
  const startOf = (column: Column | undefined) =>
    column?.from === undefined ? undefined : success.indexOf(column.from);
  const names = success.slice(startOf(columns[i]) ?? 0, startOf(columns[i + 1]));
  return names.flatMap((name) => [
    name,
    ...detours.flatMap(({ from, states }) => (from === name ? states : [])),
    ...waits.flatMap(({ from, to }) => (from === name ? [to] : [])),
  ]);
}

/** From the floor upwards. */
function placeFailure(machine: Machine, graph: Graph, { x, w }: Column, floor: number): [string, Box][] {
  const ends = graph.failureEnds.map(({ to }, i) => [to, i === 0 ? { x, w: 66 } : { x: x + 76, w: w - 76 }] as const);
  const boxes = ends.map(([name, side]): [string, Box] => [name, { ...side, y: floor - 46, h: 30 }]);
  let y = floor - 46 - 30;
  for (const name of [...graph.failure].reverse()) {
    const h = heightOf(stateOf(machine, name), w);
    y -= h;
    boxes.push([name, { x, y, w, h }]);
    y -= GAP;
  }
  return boxes;
}

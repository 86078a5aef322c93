import { type Graph, type Machine, type State, stateOf } from './machine-graph.ts';
import type { Box } from './svg.ts';

export const TOP = 114;
const GAP = 20;
/** Room under a choice for an end of its own. */
const SIDE = 46;
/** Columns of the picture: where they begin, in the machine (the first with its start) and on the page. */
export const COLUMNS = [
  { from: undefined, head: '1  Make the snapshot', x: 36, w: 186 },
  { from: 'PlanTransfer', head: '2  Carry it off, prove it', x: 302, w: 206 },
  { from: 'PruneManager', head: '3  Finish', x: 572, w: 206 },
] as const;
const HEIGHTS: Readonly<Record<string, number>> = {
  Pass: 26,
  Task: 54,
  Wait: 42,
  Choice: 34,
  Map: 100,
  Succeed: 40,
  Fail: 40,
};
export type Places = ReadonlyMap<string, Box>;

export const middle = ({ x, w }: Box) => x + w / 2;
export const heart = ({ y, h }: Box) => y + h / 2;
export const bottom = ({ y, h }: Box) => y + h;
const heightOf = (state: State) => HEIGHTS[state.Type] ?? 0;

/** Every state's box. Columns one and two end at the same height, `floor`; so does the way after an error, in the third. */
export function place(machine: Machine, graph: Graph): { places: Places; floor: number } {
  const starts = COLUMNS.map(({ from }) => (from === undefined ? 0 : graph.success.indexOf(from)));
  const columns = COLUMNS.map((column, i) => ({ ...column, names: graph.success.slice(starts[i], starts[i + 1]) }));
  const sideOf = (name: string) => graph.sides.find((side) => side.from === name);
  const full = (names: readonly string[], gap: number) =>
    names.reduce((sum, n) => sum + heightOf(stateOf(machine, n)) + (sideOf(n) ? SIDE : 0), 0) +
    gap * (names.length - 1);
  const height = Math.max(...columns.slice(0, 2).map(({ names }) => full(names, GAP)));
  const places = new Map<string, Box>();
  for (const [i, { names, x, w }] of columns.entries()) {
    const gap = i < 2 ? (height - full(names, 0)) / (names.length - 1) : GAP;
    let y = TOP;
    for (const name of names) {
      const h = heightOf(stateOf(machine, name));
      places.set(name, { x, y, w, h });
      const side = sideOf(name);
      if (side) places.set(side.to, { x, y: y + h + 22, w: 84, h: 30 });
      y += h + gap + (side ? SIDE : 0);
    }
  }
  const floor = TOP + height;
  const { x, w } = COLUMNS[2];
  const ends = graph.failureEnds.map(({ to }, i) => [to, i === 0 ? { x, w: 66 } : { x: x + 76, w: w - 76 }] as const);
  for (const [name, side] of ends) places.set(name, { ...side, y: floor - 46, h: 30 });
  let y = floor - 46 - 30;
  for (const name of [...graph.failure].reverse()) {
    y -= heightOf(stateOf(machine, name));
    places.set(name, { x, y, w, h: heightOf(stateOf(machine, name)) });
    y -= GAP;
  }
  return { places, floor };
}

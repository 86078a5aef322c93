import { readFile, writeFile } from 'node:fs/promises';
import { COLORS, drawState } from './draw-state.ts';
import { type Exit, type Graph, graphOf, type Machine, stateOf } from './machine-graph.ts';
import { bottom, COLUMNS, heart, middle, place, TOP } from './machine-layout.ts';
import { across, type Box, down, hexagon, INK, line, picture, RED, rect, text } from './svg.ts';

/** Draws docs/export.svg from statemachines/export.asl.json: `node docs/draw-machine.ts`. */

const WIDTH = 800;
const ERROR = { color: RED, dash: '4 3' };

export function drawMachine(machine: Machine): string {
  const graph = graphOf(machine);
  const { places, floor } = place(machine, graph);
  const boxOf = (name: string): Box => {
    const box = places.get(name);
    if (!box) throw new Error(`${name} has no place in the picture.`);
    return box;
  };
  const nodes = [...places].map(([name, box]) => drawState(name, stateOf(machine, name), box));
  const body = [
    ...failurePanel(graph, boxOf, floor),
    ...heads(),
    ...drawSuccess(graph, boxOf, floor, machine),
    ...drawExits(graph, boxOf),
    ...drawErrors(machine, graph, boxOf, floor),
    ...drawFailure(graph, boxOf),
    ...nodes.flat(),
    ...legend(floor + 62),
  ];
  const desc = `On success: ${graph.success.join(', ')}. After any error: ${graph.failure.join(', ')}, ${graph.failureEnds[0]?.to}.`;
  return picture(WIDTH, floor + 86, { title: 'The export state machine of cloudify-offsite', desc }, body);
}

const heads = () => [
  text(16, 30, 'The export machine', { size: 16, bold: true, fill: INK }),
  text(784, 30, 'statemachines/export.asl.json', { anchor: 'end' }),
  ...COLUMNS.map(({ head, x }) => text(x, 58, head, { size: 12, bold: true })),
];

type BoxOf = (name: string) => Box;

/** The way to success, downwards in each column and from its foot to the head of the next. */
function drawSuccess({ success }: Graph, boxOf: BoxOf, floor: number, machine: Machine): string[] {
  return success.slice(0, -1).flatMap((name, i) => {
    const [from, to] = [boxOf(name), boxOf(success[i + 1] ?? '')];
    const [x, foot] = [middle(from), bottom(from)];
    const stays = from.x === to.x;
    const way = stays ? down(x, foot, to.y) : down(x, foot, floor + 14, to.x - 38, TOP - 14, middle(to), to.y);
    const label = stateOf(machine, name).Choices?.[0]?.StringEquals;
    return [line(way), ...(label ? [text(x + 7, foot + (stays ? 16 : 11), label)] : [])];
  });
}

/** What else leaves a choice. */
function drawExits({ loops, jumps, sides }: Graph, boxOf: BoxOf): string[] {
  const ends = ({ from, to }: Exit) => ({ from: boxOf(from), to: boxOf(to), right: boxOf(from).x + boxOf(from).w });
  return [
    ...loops.flatMap((exit) => {
      const { from, to, right } = ends(exit);
      const label = text(0, 0, exit.label, { anchor: 'middle' });
      return [
        line(across(right, heart(from), right + 12, heart(to), right)),
        `<g transform="translate(${right + 24} ${(heart(from) + heart(to)) / 2}) rotate(-90)">${label}</g>`,
      ];
    }),
    ...jumps.flatMap((exit) => {
      const { from, to, right } = ends(exit);
      return [
        line(across(right, heart(from), right + 16, TOP - 30, middle(to), to.y)),
        text(right + 24, TOP - 34, `${exit.label}: nothing is left to do but this`),
      ];
    }),
    ...sides.flatMap((exit) => {
      const { from, to } = ends(exit);
      return [
        line(down(middle(to), bottom(from), to.y)),
        text(middle(to) - 7, bottom(from) + 14, exit.label, { anchor: 'end', size: 9.5 }),
      ];
    }),
  ];
}

/** One lane for all errors: down the left of each column, along the floor, into the first state of the failure path. */
function drawErrors(machine: Machine, graph: Graph, boxOf: BoxOf, floor: number): string[] {
  const entry = boxOf(graph.failure[0] ?? '');
  const lane = floor + 34;
  const plain = { ...ERROR, arrow: false };
  const columns = COLUMNS.flatMap(({ x }) => {
    const caught = graph.success.filter((name) => boxOf(name).x === x && stateOf(machine, name).Catch).map(boxOf);
    const end = x === entry.x ? heart(entry) : lane;
    const ticks = caught.map((box) => line(across(x, heart(box), x - 16), plain));
    return [...ticks, line(down(x - 16, heart(caught[0] ?? entry), end), plain)];
  });
  const { x } = COLUMNS[0];
  return [
    ...columns,
    line(across(x - 16, lane, entry.x - 16, heart(entry), entry.x), ERROR),
    text(x, lane - 6, 'any error, once its retries are used up', { fill: RED }),
  ];
}

function drawFailure({ failure, failureEnds }: Graph, boxOf: BoxOf): string[] {
  const [steps, ends] = [failure.map(boxOf), failureEnds.map(({ from, to }) => [boxOf(from), boxOf(to)] as const)];
  const between = steps.slice(1).map((box, i) => line(down(middle(box), bottom(steps[i] ?? box), box.y)));
  const last = ends.map(([from, to], i) => line(down(middle(to), bottom(from), to.y), i === 0 ? {} : ERROR));
  return [...between, ...last];
}

function failurePanel(graph: Graph, boxOf: BoxOf, floor: number): string[] {
  const { x, y, w } = boxOf(graph.failure[0] ?? '');
  const panel = { x: x - 8, y: y - 30, w: w + 16, h: floor - y + 26 };
  return [
    rect(panel, { fill: '#fff5f5', stroke: '#ffc1ba', rx: 8 }),
    text(x, y - 12, 'Or, after any error', { size: 12, bold: true, fill: RED }),
  ];
}

function legend(y: number): string[] {
  const kinds = ['Task', 'Wait', 'Choice', 'Map', 'Succeed', 'Fail'];
  return kinds.flatMap((kind, i) => {
    const box = { x: 36 + i * 84, y, w: 18, h: 11 };
    const color = COLORS[kind] ?? { fill: '', stroke: '' };
    const shape =
      kind === 'Choice'
        ? hexagon(box, color)
        : rect(box, { ...color, rx: kind === 'Task' ? 2 : 5, ...(kind === 'Map' ? { dash: '3 2', rx: 2 } : {}) });
    return [shape, text(box.x + 24, y + 9.5, kind)];
  });
}

const here = new URL('.', import.meta.url);

export async function drawExport(): Promise<string> {
  const file = new URL('../statemachines/export.asl.json', here);
  return drawMachine(JSON.parse(await readFile(file, 'utf8')) as Machine);
}

if (import.meta.main) await writeFile(new URL('export.svg', here), await drawExport());

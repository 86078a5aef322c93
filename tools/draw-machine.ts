import { writeFile } from 'node:fs/promises';
import type { MachineName } from '../lib/base/machine-names.ts';
import { loadMachine } from '../lib/workflow/definition.ts';
import { drawLegend } from './draw-legend.ts';
import { drawNarrow } from './draw-narrow.ts';
import { drawState } from './draw-state.ts';
import { conditionOf, type Detour, type Exit, type Graph, graphOf, type Machine, stateOf } from './machine-graph.ts';
import { BYPASS, bottom, type Columns, heart, middle, place, TOP } from './machine-layout.ts';
import { across, type Box, down, INK, line, picture, RED, rect, text } from './svg.ts';

/** Draws docs/pictures/export.svg and so on from statemachines/*.asl.json: `node tools/draw-machine.ts`. */

interface Picture {
  /** Of the machine, as in statemachines/<name>.asl.json. */
  readonly name: MachineName;
  readonly columns: Columns;
}

export const PICTURES: readonly Picture[] = [
  {
    name: 'export',
    columns: [
      { head: '1  Make the snapshot', x: 36, w: 186 },
      { from: 'PlanTransfer', head: '2  Copy and verify', x: 302, w: 206 },
      { from: 'PruneManager', head: '3  Finish', x: 572, w: 206 },
    ],
  },
  {
    name: 'restore',
    columns: [
      { head: '1  Choose, check, upload', x: 36, w: 186 },
      { from: 'StartRestore', head: '2  Restore and prove', x: 302, w: 196 },
      { from: 'TidyTarget', head: '3  Finish', x: 572, w: 206 },
    ],
  },
  {
    name: 'verify',
    columns: [
      { head: '1  Choose', x: 36, w: 166 },
      { from: 'VerifyArchives', head: '2  Verify', x: 268, w: 290 },
      { from: 'ReportVerification', head: '3  Report', x: 604, w: 176 },
    ],
  },
];

const WIDTH = 800;
const ERROR = { color: RED, dash: '4 3' };

export function drawMachine(machine: Machine, { name, columns }: Picture): string {
  const graph = graphOf(machine);
  const { places, floor } = place(machine, graph, columns);
  const boxOf = (state: string): Box => {
    const box = places.get(state);
    if (!box) throw new Error(`${state} has no place in the picture.`);
    return box;
  };
  const nodes = [...places].map(([state, box]) => drawState(state, stateOf(machine, state), box));
  const body = [
    ...failurePanel(graph, boxOf, floor),
    ...heads(name, columns),
    ...drawSuccess(graph, boxOf, floor, machine),
    ...drawExits(graph, boxOf),
    ...graph.waits.flatMap((wait) => drawWait(wait, boxOf, machine)),
    ...graph.detours.flatMap((detour) => drawDetour(detour, boxOf, machine)),
    ...drawErrors(graph, boxOf, floor, columns),
    ...drawFailure(graph, boxOf),
    ...nodes.flat(),
    ...drawLegend(floor + 62, machine),
  ];
  const desc = `On success: ${graph.success.join(', ')}. After any error: ${graph.failure.join(', ')}, ${graph.failureEnds[0]?.to}.`;
  return picture(WIDTH, floor + 86, { title: `The ${name} state machine of cloudify-offsite`, desc }, body);
}

const heads = (name: string, columns: Columns) => [
  text(16, 30, `The ${name} machine`, { size: 16, bold: true, fill: INK }),
  text(784, 30, `statemachines/${name}.asl.json`, { anchor: 'end' }),
  ...columns.map(({ head, x }) => text(x, 58, head, { size: 12, bold: true })),
];

type BoxOf = (name: string) => Box;

/** The way to success, downwards in each column and from its foot to the head of the next. */
function drawSuccess({ success, detours, waits }: Graph, boxOf: BoxOf, floor: number, machine: Machine): string[] {
  return success.slice(0, -1).flatMap((name, i) => {
    const [from, to] = [boxOf(name), boxOf(success[i + 1] ?? '')];
    const foot = bottom(from);
    const stays = from.x === to.x;
    const passes = [...detours, ...waits].some((beside) => beside.from === name);
    const x = passes ? from.x + from.w - BYPASS / 2 : middle(from);
    const way = stays ? down(x, foot, to.y) : down(x, foot, floor + 14, to.x - 38, TOP - 14, middle(to), to.y);
    const label = conditionOf(machine, name);
    const edge = { from: name, to: success[i + 1] ?? '' };
    return [line(way, { edge }), ...(label ? [text(x + 7, foot + (stays ? 16 : 11), label)] : [])];
  });
}

/** Down from the state that some errors leave, back to the one that follows it. */
function drawDetour({ from, to, states, label }: Detour, boxOf: BoxOf, machine: Machine): string[] {
  const boxes = [...states, to].map(boxOf);
  const names = [...states, to];
  const [first = boxOf(to), ...others] = boxes;
  const x = middle(first);
  const start = first.x + 40;
  return [
    line(down(start, bottom(boxOf(from)), first.y), { ...ERROR, edge: { from, to: names[0] ?? to } }),
    text(start + 7, bottom(boxOf(from)) + 12, label, { size: 9.5, fill: RED }),
    ...others.flatMap((box, i) => {
      const foot = bottom(boxes[i] ?? first);
      const condition = conditionOf(machine, states[i] ?? '');
      const edge = { from: names[i] ?? '', to: names[i + 1] ?? '' };
      return [
        line(down(x, foot, box.y), { edge }),
        ...(condition ? [text(x + 7, foot + 14, condition, { size: 9.5 })] : []),
      ];
    }),
  ];
}

/** Down from a choice to the state beside the way on, and from it back up to an earlier one. */
function drawWait({ from, to, label }: Exit, boxOf: BoxOf, machine: Machine): string[] {
  const box = boxOf(to);
  const next = stateOf(machine, to).Next ?? '';
  const back = boxOf(next);
  const foot = bottom(boxOf(from));
  const x = box.x + 40;
  return [
    line(down(x, foot, box.y), { edge: { from, to } }),
    text(x + 7, foot + 14, label, { size: 9.5 }),
    line(across(box.x, heart(box), box.x - 8, heart(back), box.x), { edge: { from: to, to: next } }),
  ];
}

/** What else leaves a choice. */
function drawExits({ loops, jumps, sides }: Graph, boxOf: BoxOf): string[] {
  const ends = ({ from, to }: Exit) => ({ from: boxOf(from), to: boxOf(to), right: boxOf(from).x + boxOf(from).w });
  return [
    ...loops.flatMap((exit) => {
      const { from, to, right } = ends(exit);
      const label = text(0, 0, exit.label, { anchor: 'middle' });
      // Several share one line; each has its label where it is alone.
      const shared = loops.filter((other) => other.from === exit.from && boxOf(other.to).y > to.y);
      const alone = Math.min(heart(from), ...shared.map((other) => heart(boxOf(other.to))));
      return [
        line(across(right, heart(from), right + 12, heart(to), right), { edge: exit }),
        `<g transform="translate(${right + 24} ${(alone + heart(to)) / 2}) rotate(-90)">${label}</g>`,
      ];
    }),
    ...jumps.flatMap((exit) => {
      const { from, to, right } = ends(exit);
      return [
        line(across(right, heart(from), right + 16, TOP - 30, middle(to), to.y), { edge: exit }),
        text(right + 24, TOP - 34, `${exit.label}: only this is left to do`),
      ];
    }),
    ...sides.flatMap((exit) => {
      const { from, to } = ends(exit);
      return [
        line(down(middle(to), bottom(from), to.y), { edge: exit }),
        text(middle(to) - 7, bottom(from) + 14, exit.label, { anchor: 'end', size: 9.5 }),
      ];
    }),
  ];
}

/** One lane for all errors: down the left of each column, along the floor, into the first state of the failure path. */
function drawErrors({ failure, caught }: Graph, boxOf: BoxOf, floor: number, columns: Columns): string[] {
  const entry = boxOf(failure[0] ?? '');
  const lane = floor + 34;
  const plain = { ...ERROR, arrow: false };
  const to = failure[0] ?? '';
  const boxes = [...caught].map((from) => ({ from, box: boxOf(from) })).sort((a, b) => a.box.y - b.box.y);
  const lanes = columns.flatMap(({ x }) => {
    const here = boxes.filter(({ box }) => box.x === x);
    const end = x === entry.x ? heart(entry) : lane;
    const ticks = here.map(({ from, box }) => line(across(x, heart(box), x - 16), { ...plain, edge: { from, to } }));
    return [...ticks, line(down(x - 16, heart(here[0]?.box ?? entry), end), plain)];
  });
  const { x } = columns[0];
  return [
    ...lanes,
    line(across(x - 16, lane, entry.x - 16, heart(entry), entry.x), ERROR),
    text(x, lane - 6, 'any error, once its retries are used up', { fill: RED }),
  ];
}

function drawFailure({ failure, failureEnds }: Graph, boxOf: BoxOf): string[] {
  const between = failure.slice(1).map((to, i) => {
    const from = failure[i] ?? '';
    return line(down(middle(boxOf(to)), bottom(boxOf(from)), boxOf(to).y), { edge: { from, to } });
  });
  const last = failureEnds.map((edge, i) => {
    const [from, to] = [boxOf(edge.from), boxOf(edge.to)];
    return line(down(middle(to), bottom(from), to.y), { ...(i === 0 ? {} : ERROR), edge });
  });
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

const here = new URL('../docs/pictures/', import.meta.url);

export function draw(drawn: Picture): string {
  return drawMachine(loadMachine(drawn.name) as Machine, drawn);
}

/** The same for a narrow screen. */
export function drawList({ name }: Picture): string {
  return drawNarrow(name, loadMachine(name) as Machine);
}

if (import.meta.main) {
  for (const drawn of PICTURES) {
    await writeFile(new URL(`${drawn.name}.svg`, here), draw(drawn));
    await writeFile(new URL(`${drawn.name}-narrow.svg`, here), drawList(drawn));
  }
}

import { type State, stateOf } from './machine-graph.ts';
import { heart, middle } from './machine-layout.ts';
import { captionOf } from './state-caption.ts';
import { type Box, hexagon, INK, QUIET, RED, rect, text } from './svg.ts';

const TASK = { fill: '#f1f8ff', stroke: '#0969da' };
export const COLORS: Readonly<Record<string, { fill: string; stroke: string }>> = {
  Pass: { fill: '#f6f8fa', stroke: '#57606a' },
  Task: TASK,
  Wait: { fill: '#fff8c5', stroke: '#9a6700' },
  Choice: { fill: '#fbefff', stroke: '#8250df' },
  Map: { fill: '#f6f8fa', stroke: '#0969da' },
  Succeed: { fill: '#dafbe1', stroke: '#1a7f37' },
  Fail: { fill: '#ffebe9', stroke: RED },
};

export function drawState(name: string, state: State, box: Box): string[] {
  const color = COLORS[state.Type] ?? { fill: '#ffffff', stroke: QUIET };
  if (state.Type === 'Choice') return [hexagon(box, color), named(name, middle(box), heart(box) + 4.5)];
  if (state.Type === 'Map') return drawMap(name, state, box, color);
  const round = state.Type === 'Task' ? 6 : box.h / 2;
  const lines = box.h < 40 ? [] : captionOf(state, box.w);
  const first = heart(box) + 4.5 - lines.length * 6.5;
  return [
    rect(box, { ...color, rx: round }),
    named(name, middle(box), first, box.h < 40 ? 11 : 13),
    ...lines.map((words, i) => text(middle(box), first + 14 + i * 13, words, { anchor: 'middle' })),
  ];
}

const named = (name: string, x: number, y: number, size = 13) =>
  text(x, y, name, { size, bold: true, fill: INK, anchor: 'middle' });

/** A map: a dashed box around the state that runs for every item. */
function drawMap(name: string, state: State, box: Box, color: { fill: string; stroke: string }): string[] {
  const inner = { x: box.x + 13, y: box.y + 32, w: box.w - 32, h: 54 };
  const behind = [8, 4].map((d) => rect({ ...inner, x: inner.x + d, y: inner.y + d }, TASK));
  const loop = state.ItemProcessor;
  return [
    rect(box, { ...color, dash: '5 3' }),
    text(box.x + 13, box.y + 20, name, { size: 13, bold: true, fill: INK }),
    text(box.x + box.w - 12, box.y + 20, `×${state.MaxConcurrency ?? 1} at once`, { anchor: 'end', fill: '#0969da' }),
    ...behind,
    ...(loop ? drawState(loop.StartAt, stateOf(loop, loop.StartAt), inner) : []),
  ];
}

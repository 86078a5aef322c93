import { type State, type States, stateOf } from './machine-graph.ts';
import { bottom, heart, middle } from './machine-layout.ts';
import { type RoundPlaces, roundPlaces } from './round-layout.ts';
import { captionOf } from './state-caption.ts';
import { across, type Box, down, hexagon, INK, line, QUIET, RED, rect, text } from './svg.ts';

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

/** A state with its name, in a group that carries the name for whoever reads the picture by program. */
export function drawState(name: string, state: State, box: Box): string[] {
  return [`<g data-state="${name}">`, ...shapes(name, state, box), '</g>'];
}

function shapes(name: string, state: State, box: Box): string[] {
  const color = COLORS[state.Type] ?? { fill: '#ffffff', stroke: QUIET };
  if (state.Type === 'Choice') return [hexagon(box, color), named(name, box, heart(box) + 4.5)];
  if (state.Type === 'Map') return drawMap(name, state, box, color);
  const round = state.Type === 'Task' ? 6 : box.h / 2;
  const lines = box.h < 40 ? [] : captionOf(state, box.w);
  const first = heart(box) + 4.5 - lines.length * 6.5;
  return [
    rect(box, { ...color, rx: round }),
    named(name, box, first, box.h < 40 ? 11 : 13),
    ...lines.map((words, i) => text(middle(box), first + 14 + i * 13, words, { anchor: 'middle' })),
  ];
}

/** Width of a bold letter by its size, the wider of the fonts that readers have. */
const LETTER = 0.66;
const widthOf = (words: string, size: number) => words.length * size * LETTER;

/** The name of a state, smaller if it would be wider than its box. */
function named(name: string, box: Box, y: number, most = 13): string {
  const size = Math.min(most, Math.floor((10 * (box.w - 10)) / widthOf(name, 1)) / 10);
  return text(middle(box), y, name, { size, bold: true, fill: INK, anchor: 'middle' });
}

/** A map: a dashed box around the state that runs for every item. */
function drawMap(name: string, state: State, box: Box, color: { fill: string; stroke: string }): string[] {
  const places = roundPlaces(state, box);
  const inner = { x: box.x + 13, y: box.y + 32, w: box.w - 32, h: box.h - 46 };
  const behind = [8, 4].map((d) => rect({ ...inner, x: inner.x + d, y: inner.y + d }, TASK));
  const loop = state.ItemProcessor;
  return [
    rect(box, { ...color, dash: '5 3' }),
    text(box.x + 13, box.y + 20, name, { size: 13, bold: true, fill: INK }),
    text(
      box.x + box.w - 12,
      box.y + 20,
      `×${state.MaxConcurrency ?? 1}${box.w < widthOf(name, 13) + 90 ? '' : ' at once'}`,
      {
        anchor: 'end',
        fill: '#0969da',
      },
    ),
    ...(places && loop ? drawRound(loop.States, places) : behind),
    ...(loop && !places ? drawState(loop.StartAt, stateOf(loop, loop.StartAt), inner) : []),
  ];
}

/** A round of several states: downwards without errors; an error leads to the right, and the round ends there. */
function drawRound(states: States, { way, afterErrors }: RoundPlaces): string[] {
  const all = [...way, ...afterErrors];
  const boxOf = new Map(all);
  const last = way.at(-1)?.[0];
  const caughtBy = (name: string) => stateOf({ States: states }, name).Catch?.[0]?.Next ?? '';
  const errors = all.flatMap(([name, box]) => {
    const target = boxOf.get(caughtBy(name));
    if (!target) return [];
    const style = { color: RED, dash: '4 3', edge: { from: name, to: caughtBy(name) } };
    if (target.x === box.x) return [line(down(middle(box), bottom(box), target.y), style)];
    const right = box.x + box.w;
    const isLevel = heart(box) > target.y && heart(box) < bottom(target);
    return isLevel
      ? [line(across(right, heart(box), target.x), style)]
      : [
          line(
            across(
              right,
              heart(box),
              target.x + (name === last ? 50 : 70),
              heart(box) < target.y ? target.y : bottom(target),
            ),
            style,
          ),
        ];
  });
  return [
    ...way.slice(1).map(([to, box], i) => {
      const [from, above] = way[i] ?? [to, box];
      return line(down(middle(box), bottom(above), box.y), { edge: { from, to } });
    }),
    ...errors,
    ...all.flatMap(([name, box]) => drawState(name, stateOf({ States: states }, name), box)),
  ];
}

import { COLORS } from './draw-state.ts';
import { conditionOf, graphOf, type Machine, type State, type States } from './machine-graph.ts';
import { captionOf } from './state-caption.ts';
import { type Box, INK, line, picture, RED, rect, text } from './svg.ts';

/** For a narrow screen: 360 pixels wide, one state below the other. Where else a state leads is written into its box. */
const WIDTH = 360;
const BOX = { x: 16, w: WIDTH - 32 };
const GAP = 26;
/** Captions are larger here than in the wide picture, so fewer letters fit. */
const CAPTION = 280;

interface Way {
  readonly to: string;
  readonly why: string;
}

interface Row {
  readonly name: string;
  readonly state: State;
  readonly isInner: boolean;
}

export function drawNarrow(name: string, machine: Machine): string {
  const { success, failure } = graphOf(machine);
  const ordered = [...success, ...failure];
  const others = Object.keys(machine.States).filter((state) => !ordered.includes(state));
  const rows = [...success, ...others, ...failure].flatMap((state) => rowsOf(state, machine.States));
  const body: string[] = [];
  let y = 62;
  for (const [i, row] of rows.entries()) {
    const box = { ...BOX, y, h: heightOf(row, rows[i + 1], machine) };
    body.push(...drawRow(row, box, rows[i + 1], machine));
    y += box.h + GAP;
  }
  const head = [
    text(16, 28, `The ${name} machine`, { size: 16, bold: true, fill: INK }),
    text(16, 46, `statemachines/${name}.asl.json`, { size: 12 }),
  ];
  const about = { title: `The ${name} state machine of cloudify-offsite, as a list`, desc: ordered.join(', ') };
  return picture(WIDTH, y, about, [...head, ...body]);
}

/** A state, and below it those that a Map runs for every item. */
function rowsOf(name: string, states: States): Row[] {
  const state = states[name];
  if (!state) return [];
  const inner = Object.entries(state.ItemProcessor?.States ?? {});
  return [{ name, state, isInner: false }, ...inner.map(([each, one]) => ({ name: each, state: one, isInner: true }))];
}

/** Where a state leads, but for the one below it. */
function waysOf({ name, state }: Row, next: Row | undefined, machine: Machine): Way[] {
  const condition = machine.States[name] ? conditionOf(machine, name) : undefined;
  const plain = [state.Next, state.Default].flatMap((to) => (to ? [{ to, why: '' }] : []));
  const choices = (state.Choices ?? []).map(({ Next, StringEquals }) => ({
    to: Next,
    why: StringEquals ?? condition ?? '',
  }));
  const errors = (state.Catch ?? []).map(({ Next, ErrorEquals }) => ({
    to: Next,
    why: ErrorEquals.includes('States.ALL') ? 'after any error' : 'after some errors',
  }));
  return [...choices, ...plain, ...errors].filter(({ to, why }) => to !== next?.name || why !== '');
}

const heightOf = (row: Row, next: Row | undefined, machine: Machine) =>
  34 + captionOf(row.state, CAPTION).length * 15 + waysOf(row, next, machine).length * 16;

function drawRow(row: Row, box: Box, next: Row | undefined, machine: Machine): string[] {
  const { name, state, isInner } = row;
  const captions = captionOf(state, CAPTION);
  const ways = waysOf(row, next, machine);
  const below = box.y + 22 + captions.length * 15;
  const leadsOn =
    next && [state.Next, state.Default, ...(state.Choices ?? []).map((choice) => choice.Next)].includes(next.name);
  const middle = box.x + box.w / 2;
  return [
    `<g data-state="${name}">`,
    rect(box, { ...(COLORS[state.Type] ?? { fill: '#ffffff', stroke: INK }), ...(isInner ? { dash: '5 3' } : {}) }),
    text(box.x + 12, box.y + 22, isInner ? `${name}, for each` : name, { size: 14, bold: true, fill: INK }),
    ...captions.map((words, i) => text(box.x + 12, box.y + 37 + i * 15, words, { size: 12 })),
    ...ways.map(({ to, why }, i) =>
      text(box.x + 12, below + 16 + i * 16, `→ ${to}${why ? ` (${why})` : ''}`, {
        size: 12,
        fill: /^after/.test(why) ? RED : INK,
      }),
    ),
    '</g>',
    ...(leadsOn
      ? [
          line(
            [
              [middle, box.y + box.h],
              [middle, box.y + box.h + GAP],
            ],
            { edge: { from: name, to: next.name } },
          ),
        ]
      : []),
  ];
}

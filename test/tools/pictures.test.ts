import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawList, PICTURES } from '../../tools/draw-machine.ts';

const root = join(import.meta.dirname, '../..');

interface State {
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
}

/** `A B` for each transition that the file has, those in the rounds of a Map too. */
function transitions(states: Readonly<Record<string, State>>): string[] {
  return Object.entries(states).flatMap(([from, { Next, Default, Choices = [], Catch = [], ItemProcessor }]) => {
    const to = [Next, Default, ...[...Choices, ...Catch].map((way) => way.Next)].filter((name) => name !== undefined);
    return [...to.map((name) => `${from} ${name}`), ...(ItemProcessor ? transitions(ItemProcessor.States) : [])];
  });
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The first shape of a state's group. */
function boxOf(svg: string, state: string): Box {
  const group = svg.split(`<g data-state="${state}">`)[1] ?? '';
  const rect = /^\s*<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(group);
  if (rect) {
    const [x = 0, y = 0, w = 0, h = 0] = rect.slice(1).map(Number);
    return { left: x, right: x + w, top: y, bottom: y + h };
  }
  const points = /^\s*<polygon points="([^"]+)"/
    .exec(group)?.[1]
    ?.split(' ')
    .map((point) => point.split(',').map(Number));
  if (!points) throw new Error(`The picture has no shape for ${state}.`);
  const [xs, ys] = [points.map(([x = 0]) => x), points.map(([, y = 0]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function touches({ left, right, top, bottom }: Box, [x = 0, y = 0]: readonly number[]): boolean {
  const isWithin = x >= left - 1 && x <= right + 1 && y >= top - 1 && y <= bottom + 1;
  const isInside = x > left + 1 && x < right - 1 && y > top + 1 && y < bottom - 1;
  return isWithin && !isInside;
}

const lines = (svg: string) =>
  [
    ...svg.matchAll(
      /<path data-edge="(\w+) (\w+)" d="M([\d.]+) ([\d.]+)[^"]*L([\d.]+) ([\d.]+)"[^>]*?(marker-end)?[^>]*\/>/g,
    ),
  ].map(([all, from = '', to = '', ...at]) => ({
    ...{ from, to, start: at.slice(0, 2).map(Number), end: at.slice(2, 4).map(Number) },
    hasHead: all.includes('marker-end'),
  }));

test.each(PICTURES)('the picture of $name shows each transition of the machine, and no other', async ({ name }) => {
  const machine = JSON.parse(await readFile(join(root, `statemachines/${name}.asl.json`), 'utf8'));
  const svg = await readFile(join(root, `docs/pictures/${name}.svg`), 'utf8');
  const drawn = new Set(lines(svg).map(({ from, to }) => `${from} ${to}`));
  expect([...drawn].sort()).toEqual([...new Set(transitions(machine.States))].sort());
});

test.each(PICTURES)('each line of $name begins at its state, and each arrow ends at one', async ({ name }) => {
  const svg = await readFile(join(root, `docs/pictures/${name}.svg`), 'utf8');
  for (const { from, to, start, end, hasHead } of lines(svg)) {
    expect(touches(boxOf(svg, from), start), `${from} → ${to} begins at ${start}`).toBe(true);
    // What leads to the way after an error joins the lane of all errors, which ends with one arrow.
    if (hasHead) expect(touches(boxOf(svg, to), end), `${from} → ${to} ends at ${end}`).toBe(true);
  }
});

test.each(PICTURES)('no name in the picture of $name is wider than its box', async ({ name }) => {
  const svg = await readFile(join(root, `docs/pictures/${name}.svg`), 'utf8');
  for (const [, state = '', size = '', words = ''] of svg.matchAll(
    /<g data-state="(\w+)">\n<(?:rect|polygon)[^>]*>\n<text [^>]*font-size="([\d.]+)"[^>]*>([^<]+)</g,
  )) {
    const { left, right } = boxOf(svg, state);
    // 0.66 of the size is a bold letter of the widest of the fonts named, DejaVu Sans.
    expect(words.length * Number(size) * 0.66, state).toBeLessThanOrEqual(right - left);
  }
});

test.each(PICTURES)(
  'the picture of $name for a phone is what the script draws: each state, each way, nothing beyond its edge',
  async (drawn) => {
    const { name } = drawn;
    const svg = await readFile(join(root, `docs/pictures/${name}-narrow.svg`), 'utf8');
    expect(svg).toBe(drawList(drawn));
    expect(svg).toContain('viewBox="0 0 360 ');
    const machine = JSON.parse(await readFile(join(root, `statemachines/${name}.asl.json`), 'utf8'));
    for (const transition of transitions(machine.States)) {
      const [from = '', to = ''] = transition.split(' ');
      const group = svg.split(`<g data-state="${from}">`)[1]?.split('</g>')[0] ?? '';
      expect(group.includes(`→ ${to}`) || svg.includes(`data-edge="${from} ${to}"`), transition).toBe(true);
    }
    for (const [, x = '', size = '', words = ''] of svg.matchAll(
      /<text x="([\d.]+)" [^>]*font-size="([\d.]+)"[^>]*>([^<]+)</g,
    )) {
      expect(Number(size), words).toBeGreaterThanOrEqual(12);
      expect(Number(x) + words.length * Number(size) * 0.56, words).toBeLessThanOrEqual(352);
    }
  },
);

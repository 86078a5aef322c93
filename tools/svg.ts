/** The few shapes of the picture, as SVG text. Sizes in pixels of an 800 wide picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export type Point = readonly [x: number, y: number];

export const INK = '#1f2328';
export const QUIET = '#57606a';
export const RED = '#cf222e';

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  const { size = 10.5, bold = false, fill = QUIET, anchor = 'start' } = style;
  const weight = bold ? ' font-weight="600"' : '';
  return `<text x="${x}" y="${y}" font-size="${size}"${weight} fill="${fill}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

interface Paint {
  readonly fill: string;
  readonly stroke: string;
  readonly rx?: number;
  readonly dash?: string;
}

export function rect({ x, y, w, h }: Box, { fill, stroke, rx = 6, dash }: Paint): string {
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${rx}" fill="${fill}" stroke="${stroke}"${dashes}/>`;
}

/** A choice: a box with pointed ends. */
export function hexagon({ x, y, w, h }: Box, { fill, stroke }: Paint): string {
  const tip = h / 2;
  const points = [
    [x + tip, y],
    [x + w - tip, y],
    [x + w, y + tip],
    [x + w - tip, y + h],
    [x + tip, y + h],
    [x, y + tip],
  ];
  return `<polygon points="${points.map((p) => p.join(',')).join(' ')}" fill="${fill}" stroke="${stroke}"/>`;
}

/** Points from (x, y), first across to an x, then down to a y, then across again, and so on. */
export function across(x: number, y: number, ...to: number[]): Point[] {
  return turns([x, y], to, 0);
}

/** The same, first down (or up) to a y. */
export function down(x: number, y: number, ...to: number[]): Point[] {
  return turns([x, y], to, 1);
}

function turns(start: Point, to: readonly number[], first: 0 | 1): Point[] {
  const points: Point[] = [start];
  let [x, y] = start;
  for (const [i, value] of to.entries()) {
    if ((i + first) % 2 === 0) x = value;
    else y = value;
    points.push([x, y]);
  }
  return points;
}

const CORNER = 7;

/** The transitions that a line shows. A test compares them with those of the state machine. */
export interface Edge {
  readonly from: string;
  readonly to: string;
}

interface LineStyle {
  readonly color?: string;
  readonly dash?: string;
  readonly arrow?: boolean;
  readonly edge?: Edge;
}

/** A line along `points` with rounded corners; `arrow` puts a head at its end. */
export function line(points: readonly Point[], style: LineStyle = {}): string {
  const { color = QUIET, dash, arrow = true, edge } = style;
  const parts = points.map(([x, y], i) => {
    const before = points[i - 1];
    const after = points[i + 1];
    if (!before) return `M${x} ${y}`;
    if (!after) return `L${x} ${y}`;
    const from = towards([x, y], before);
    const to = towards([x, y], after);
    return `L${from[0]} ${from[1]}Q${x} ${y} ${to[0]} ${to[1]}`;
  });
  const head = arrow ? ` marker-end="url(#${color === RED ? 'red' : 'plain'})"` : '';
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  const shows = edge ? ` data-edge="${edge.from} ${edge.to}"` : '';
  return `<path${shows} d="${parts.join('')}" fill="none" stroke="${color}" stroke-width="1.4"${dashes}${head}/>`;
}

function towards([x, y]: Point, [tx, ty]: Point): Point {
  const length = Math.hypot(tx - x, ty - y);
  const step = Math.min(CORNER, length / 2) / (length || 1);
  const round = (n: number) => Math.round(n * 10) / 10;
  return [round(x + (tx - x) * step), round(y + (ty - y) * step)];
}

/** Words in lines of at most `most` characters, as few as can be and about equally long. */
export function wrap(words: string, most: number): string[] {
  const lines = fill(words, most);
  let narrower = lines;
  for (let width = most - 1; width > most / 2 && narrower.length === lines.length; width--) {
    const next = fill(words, width);
    if (next.length > lines.length) break;
    narrower = next;
  }
  return narrower;
}

function fill(words: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function marker(id: string, color: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5L8 4L0 7.5Z" fill="${color}"/></marker>`;
}

/** Each colour of the pictures on a dark page. A colour without a partner stays. */
const DARK: Readonly<Record<string, string>> = {
  '#ffffff': '#0d1117',
  '#d0d7de': '#30363d',
  [INK]: '#e6edf3',
  [QUIET]: '#9198a1',
  [RED]: '#ff7b72',
  '#f6f8fa': '#151b23',
  '#f1f8ff': '#0d2440',
  '#0969da': '#58a6ff',
  '#fff8c5': '#332b00',
  '#9a6700': '#d29922',
  '#fbefff': '#2a1b45',
  '#8250df': '#ab7df8',
  '#dafbe1': '#0b2e17',
  '#1a7f37': '#3fb950',
  '#ffebe9': '#3d1417',
  '#fff5f5': '#1d1012',
  '#ffc1ba': '#6e2b2b',
};

/** Colours are attributes, so that viewers without style sheets show the light picture. */
const darkStyle = () =>
  `<style>@media (prefers-color-scheme:dark){${Object.entries(DARK)
    .flatMap(([light, dark]) => [`[fill="${light}"]{fill:${dark}}`, `[stroke="${light}"]{stroke:${dark}}`])
    .join('')}}</style>`;

/** The whole picture on a panel of its own, light or dark as the reader's page is. */
export function picture(width: number, height: number, about: { title: string; desc: string }, body: string[]): string {
  const panel = rect({ x: 0.5, y: 0.5, w: width - 1, h: height - 1 }, { fill: '#ffffff', stroke: '#d0d7de', rx: 10 });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif">`,
    `<title>${escaped(about.title)}</title>`,
    `<desc>${escaped(about.desc)}</desc>`,
    darkStyle(),
    `<defs>${marker('plain', QUIET)}${marker('red', RED)}</defs>`,
    panel,
    ...body,
    '</svg>',
  ].join('\n')}\n`;
}

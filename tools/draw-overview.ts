import { writeFile } from 'node:fs/promises';
import { type Folder, prefixOf } from '../lib/storage/layout.ts';
import { COLORS } from './draw-state.ts';
import { across, type Box, down, INK, line, picture, rect, text, wrap } from './svg.ts';

/** Draws docs/pictures/overview.svg and, for a phone, overview-narrow.svg: `node tools/draw-overview.ts`. */

interface Stage {
  readonly name: string;
  readonly says: string;
  /** Where its object in the bucket is. */
  readonly record: Folder;
  readonly color: keyof typeof COLORS;
}

const STAGES: readonly Stage[] = [
  { name: 'Manager', says: 'makes a snapshot of itself, on your schedule', record: 'runs', color: 'Task' },
  { name: 'Bucket', says: 'receives it as a stream, each part with a checksum', record: 'archives', color: 'Wait' },
  { name: 'Proof', says: 'every stored file is read back and compared', record: 'manifests', color: 'Choice' },
  { name: 'Restore', says: 'onto a manager, compared with the archive', record: 'restores', color: 'Succeed' },
];

const [WIDTH, HEIGHT, TOP] = [720, 214, 22];
const CARD = { w: 148, h: 132 };
const GAP = (WIDTH - 2 * 22 - STAGES.length * CARD.w) / (STAGES.length - 1);

const FOOT = [
  'Records are signed. Retention never expires the newest verified archives.',
  'After a failure, unverified copies are removed and you are notified.',
];
const ABOUT = {
  title: 'From a manager to a proven restore',
  desc: STAGES.map(({ name, says }) => `${name}: ${says}.`).join(' '),
};

/** The stages from left to right. */
export function drawOverview(): string {
  const boxes = STAGES.map((_, i): Box => ({ x: 22 + i * (CARD.w + GAP), y: TOP, ...CARD }));
  const cards = STAGES.flatMap((stage, i) => {
    const box = boxes[i] as Box;
    const next = boxes[i + 1];
    return [...cardOf(stage, box, 19), ...(next ? [line(across(box.x + box.w + 3, box.y + 26, next.x - 3))] : [])];
  });
  const notes = FOOT.map((words, i) =>
    text(WIDTH / 2, TOP + CARD.h + 26 + i * 18, words, { size: 13, anchor: 'middle' }),
  );
  return picture(WIDTH, HEIGHT, ABOUT, [...cards, ...notes]);
}

const NARROW = { width: 360, card: { w: 316, h: 106 }, gap: 24 };

/** The stages one below the other, as wide as a phone. */
export function drawNarrowOverview(): string {
  const { width, card, gap } = NARROW;
  const boxes = STAGES.map((_, i): Box => ({ x: 22, y: TOP + i * (card.h + gap), ...card }));
  const cards = STAGES.flatMap((stage, i) => {
    const box = boxes[i] as Box;
    const next = boxes[i + 1];
    return [...cardOf(stage, box, 45), ...(next ? [line(down(width / 2, box.y + box.h + 3, next.y - 3))] : [])];
  });
  const end = TOP + STAGES.length * (card.h + gap);
  const lines = FOOT.flatMap((words) => wrap(words, 42));
  const notes = lines.map((words, i) => text(width / 2, end + 14 + i * 18, words, { size: 13, anchor: 'middle' }));
  return picture(width, end + 18 * lines.length + 12, ABOUT, [...cards, ...notes]);
}

/** One stage: its name, what it does in lines of so many letters, and where it is recorded. */
function cardOf({ name, says, record, color }: Stage, box: Box, letters: number): string[] {
  const center = box.x + box.w / 2;
  return [
    rect(box, { ...(COLORS[color] as { fill: string; stroke: string }), rx: 10 }),
    text(center, box.y + 30, name, { size: 18, bold: true, fill: INK, anchor: 'middle' }),
    ...wrap(says, letters).map((words, row) =>
      text(center, box.y + 54 + row * 17, words, { size: 13, anchor: 'middle' }),
    ),
    text(center, box.y + box.h - 12, prefixOf(record), { size: 12, anchor: 'middle' }),
  ];
}

if (import.meta.main) {
  const folder = new URL('../docs/pictures/', import.meta.url);
  await writeFile(new URL('overview.svg', folder), drawOverview());
  await writeFile(new URL('overview-narrow.svg', folder), drawNarrowOverview());
}

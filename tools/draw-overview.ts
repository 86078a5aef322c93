import { writeFile } from 'node:fs/promises';
import { type Folder, prefixOf } from '../lib/storage/layout.ts';
import { COLORS } from './draw-state.ts';
import { across, type Box, INK, line, picture, rect, text, wrap } from './svg.ts';

/** Draws docs/pictures/overview.svg, from a manager to a proven restore: `node tools/draw-overview.ts`. */

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

export function drawOverview(): string {
  const boxes = STAGES.map((_, i): Box => ({ x: 22 + i * (CARD.w + GAP), y: TOP, ...CARD }));
  const cards = STAGES.flatMap(({ name, says, record, color }, i) => {
    const box = boxes[i] as Box;
    const next = boxes[i + 1];
    const center = box.x + box.w / 2;
    const lines = wrap(says, 19);
    return [
      rect(box, { ...(COLORS[color] as { fill: string; stroke: string }), rx: 10 }),
      text(center, box.y + 30, name, { size: 18, bold: true, fill: INK, anchor: 'middle' }),
      ...lines.map((words, row) => text(center, box.y + 54 + row * 17, words, { size: 13, anchor: 'middle' })),
      text(center, box.y + box.h - 12, prefixOf(record), { size: 12, anchor: 'middle' }),
      ...(next ? [line(across(box.x + box.w + 3, box.y + 26, next.x - 3))] : []),
    ];
  });
  const foot = [
    'Records are signed. Retention never expires the newest verified archives.',
    'After a failure, unverified copies are removed and you are notified.',
  ];
  const about = {
    title: 'From a manager to a proven restore',
    desc: STAGES.map(({ name, says }) => `${name}: ${says}.`).join(' '),
  };
  const notes = foot.map((words, i) =>
    text(WIDTH / 2, TOP + CARD.h + 26 + i * 18, words, { size: 13, anchor: 'middle' }),
  );
  return picture(WIDTH, HEIGHT, about, [...cards, ...notes]);
}

if (import.meta.main) await writeFile(new URL('../docs/pictures/overview.svg', import.meta.url), drawOverview());

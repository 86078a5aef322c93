import { formatBytes, formatSeconds } from '../usage.ts';
import type { Style } from './terminal-style.ts';

const BAR = 24;
/** The longest label and a blank, so that bars stand below each other. */
const LABEL = 27;

/** How far a state is. */
export interface Moving {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly seconds: number;
  readonly isFinished: boolean;
}

/**
 * As much of it as fits into a line of `width`: the bar goes first, then the padding, then the rate, then the time that is
 * left. The bytes stay, or at last the share.
 */
export function movingLine(moving: Moving, width: number, { hasBlocks }: Pick<Style, 'hasBlocks'>): string {
  const { label, total, seconds, isFinished } = moving;
  const done = Math.min(moving.done, total);
  const filled = Math.round((done / total) * BAR);
  const [full, empty] = hasBlocks ? ['█', '░'] : ['#', '-'];
  const bar = full.repeat(filled) + empty.repeat(BAR - filled);
  const rate = seconds > 0 ? done / seconds : 0;
  const bytes = `${formatBytes(done)} of ${formatBytes(total)}`;
  const left = rate > 0 && !isFinished ? `, ${formatSeconds((total - done) / rate)} left` : '';
  const all = `${bytes}, ${formatBytes(rate)}/s${left}`;
  const padded = label.padEnd(LABEL);
  const share = `${Math.floor((done / total) * 100)} %`;
  const lines = [
    ...[`${padded}${bar} ${all}`, `${padded}${all}`, `${label} ${all}`],
    ...[`${label} ${bytes}${left}`, `${label} ${bytes}`, `${bytes}${left}`, `${label} ${share}`, bytes, share],
  ];
  return lines.find((line) => line.length <= width) ?? share;
}

/** A state without bytes: how long it lasts, and what the manager says. Words are left out at the end, never cut. */
export function waitingLine(
  label: string,
  text: string,
  width: number,
  { hasBlocks }: Pick<Style, 'hasBlocks'>,
): string {
  const padded = `${label.padEnd(LABEL)}${text}`;
  return padded.length <= width ? padded : fitted(`${label} ${text}`, width, hasBlocks ? '…' : '...');
}

function fitted(line: string, width: number, more: string): string {
  if (line.length <= width) return line;
  const room = line.slice(0, Math.max(0, width - more.length) + 1);
  const end = room.lastIndexOf(' ');
  return end > 0 ? `${line.slice(0, end)}${more}` : line.slice(0, width);
}

import type { Result } from './rounds.ts';

/** Lines of a table, as people and Markdown read it. */
export function tableOf(results: readonly Result[]): string[] {
  const head = ['', 'seconds', 'MB/s', 'CPU s', 'CPU s per GiB', 'peak memory, MB'];
  const rows = results.map((one) => [
    one.name,
    one.seconds.toFixed(2),
    one.mbPerSecond.toFixed(0),
    one.cpuSeconds.toFixed(2),
    one.cpuPerGiB.toFixed(2),
    one.peakMB.toFixed(0),
  ]);
  return markdown([head, ...rows]);
}

export function markdown(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(3, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...rest] = rows;
  return [line(head), rule, ...rest.map(line)];
}

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** What the project wants of a copy, against what was found in one run. */
export function copyTargets(results: readonly Result[]): Target[] {
  const rivals = results.filter(({ kind }) => kind === 'rival');
  const [ours] = results;
  const floor = results.find(({ kind }) => kind === 'floor');
  if (!ours || rivals.length === 0) return [];
  const cheapest = ours.cpuPerGiB / Math.min(...rivals.map((one) => one.cpuPerGiB));
  const fastest = ours.mbPerSecond / Math.max(...rivals.map((one) => one.mbPerSecond));
  const peak = Math.max(...results.filter(({ kind }) => kind === 'ours').map((one) => one.peakMB));
  const size = `${(ours.bytes / 2 ** 30).toFixed(0)} GiB`;
  return [
    target(`${size}: CPU against the cheapest rival`, '≤ 0.60', cheapest, cheapest <= 0.6),
    target(`${size}: speed against the fastest rival`, '≥ 1.3', fastest, fastest >= 1.3),
    ...(floor ? [speedOf(size, ours, floor)] : []),
    target(`${size}: peak memory, MB`, '< 200', peak, peak < 200),
  ];
}

function speedOf(size: string, ours: Result, floor: Result): Target {
  const share = ours.mbPerSecond / floor.mbPerSecond;
  return target(`${size}: speed against the floor`, '≥ 0.65', share, share >= 0.65);
}

/** The same memory whatever the size. */
export function flatness(all: readonly (readonly Result[])[]): Target[] {
  const peaks = all.map((results) => Math.max(...results.filter(({ kind }) => kind === 'ours').map((o) => o.peakMB)));
  const [small = 0, large = 0] = [peaks[0], peaks.at(-1)];
  const apart = Math.abs(large / small - 1) * 100;
  return peaks.length < 2 ? [] : [target('memory at both sizes, % apart', '≤ 10', apart, apart <= 10)];
}

export function verifyTargets(results: readonly Result[]): Target[] {
  const [one, two] = results;
  const python = results.find(({ name }) => name.startsWith('python3'));
  if (!one || !two) return [];
  const peak = one.peakMB;
  const more = two.mbPerSecond / one.mbPerSecond;
  return [
    ...(python ? [speedAgainst(one, python)] : []),
    target('verify: peak memory, MB', '< 200', peak, peak < 200),
    target('verify: two processes against one', '> 1', more, more > 1),
  ];
}

function speedAgainst(one: Result, python: Result): Target {
  // By CPU time: both have one core, and share it with whatever else the machine does.
  const faster = python.cpuSeconds / one.cpuSeconds;
  return target("verify: speed on one core against Python's testzip", '≥ 1.5', faster, faster >= 1.5);
}

export function target(what: string, wanted: string, found: number, isMet: boolean): Target {
  return { what, wanted, found: found.toFixed(2), isMet };
}

export function targetTable(targets: readonly Target[]): string[] {
  const rows = targets.map(({ what, wanted, found, isMet }) => [what, wanted, found, isMet ? 'yes' : '**no**']);
  return markdown([['', 'wanted', 'found', 'met'], ...rows]);
}

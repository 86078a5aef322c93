import { steps } from '../../lib/workflow/steps.ts';
import type { Result } from '../rounds.ts';
import { assumptions } from '../scale-model.ts';
import { markdown, type Target, target } from '../table.ts';

const GiB = 2 ** 30;

/** What Lambda would bill for so many seconds of a function, for each GiB and for a TiB. */
function bill(one: Result): { gbSeconds: number; dollarsPerTiB: number } {
  const gbSeconds = (one.seconds * one.memoryMB) / 1024 / (one.bytes / GiB);
  return { gbSeconds, dollarsPerTiB: gbSeconds * 1024 * assumptions.dollarsPerGBSecond };
}

/** Lines of a table. */
export function lambdaTable(results: readonly Result[]): string[] {
  const head = ['', 's per GiB', 'CPU s per GiB', 'GB-s per GiB', '$ per TiB', 'resident, MB', 'group, MB'];
  const rows = results.map((one) => {
    const { gbSeconds, dollarsPerTiB } = bill(one);
    return [
      one.name,
      (one.seconds / (one.bytes / GiB)).toFixed(2),
      one.cpuPerGiB.toFixed(2),
      gbSeconds.toFixed(2),
      dollarsPerTiB.toFixed(3),
      one.peakMB.toFixed(0),
      one.peakGroupMB.toFixed(0),
    ];
  });
  return markdown([head, ...rows]);
}

interface AtLatency {
  readonly latency: number;
  readonly results: readonly Result[];
}

/** What the project wants of a copy in a function's limits, and what was found in this run. */
export function lambdaTargets(copies: readonly AtLatency[], verified: readonly Result[]): Target[] {
  const ofCopies = copies.flatMap(({ latency, results }) => {
    const [ours] = results;
    if (!ours) return [];
    const rival = (name: string) => results.find((one) => one.name.startsWith(name));
    const faster = (name: string, least: number) => {
      const other = rival(name);
      if (!other) return [];
      const ratio = other.seconds / ours.seconds;
      return [target(`${latency} ms: speed against ${name}`, `≥ ${least.toFixed(1)}`, ratio, ratio >= least)];
    };
    const floor = results.find(({ kind }) => kind === 'floor');
    const share = floor && floor.cpuSeconds / ours.cpuSeconds;
    const limit = (steps.CopySpan.memoryMB * 1024 * 1024) / 1e6;
    const held = ours.peakGroupMB / limit;
    return [
      ...faster('curl into aws s3 cp -', 1.8),
      ...faster('curl into curl -T -', 1),
      ...(share === undefined ? [] : [target(`${latency} ms: the floor's CPU by ours`, '≥ 0.70', share, share >= 0.7)]),
      target(`${latency} ms: peak of the group by the function's memory`, '≤ 0.60', held, held <= 0.6),
    ];
  });
  return [...ofCopies, ...costs(copies, verified)];
}

function costs(copies: readonly AtLatency[], verified: readonly Result[]): Target[] {
  const [copy, check] = [copies[0]?.results[0], verified[0]];
  if (!copy || !check) return [];
  const dollars = bill(copy).dollarsPerTiB + bill(check).dollarsPerTiB;
  return [target('copy and verification of 1 TiB, dollars of Lambda', '< 0.40', dollars, dollars < 0.4)];
}

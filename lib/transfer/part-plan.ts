import { ArchiveTooLarge } from '../base/errors.ts';
import type { Settings } from '../base/settings.ts';

const MiB = 1024 * 1024;
/** S3's limit on the parts of one upload. */
const MAX_PARTS = 10_000;
/** Keeps the Map over spans, twice, inside the 25,000 events of an execution (test/limits.test.ts). */
const MAX_SPANS = 1000;

/** How an archive is cut: parts of `partSize` bytes, the last one shorter, and spans of `partsPerSpan` of them. */
export interface PartPlan {
  readonly partSize: number;
  readonly parts: number;
  readonly partsPerSpan: number;
  readonly spans: number;
}

/** How an archive of `size` bytes is cut. `label` names it in `ArchiveTooLarge`, the only error. */
export function planParts(size: number, ranges: boolean, settings: Settings, label: string): PartPlan {
  const partSize = Math.max(
    settings.partSize,
    Math.ceil(size / MAX_PARTS / MiB) * MiB * Number(size > MAX_PARTS * settings.partSize),
  );
  const parts = Math.ceil(size / partSize);
  if (!ranges) {
    if (size > settings.sequentialLimit)
      throw new ArchiveTooLarge(tooLarge(label, size, settings.sequentialLimit, SEQUENTIAL));
    return { partSize, parts, partsPerSpan: parts, spans: 1 };
  }
  const partsPerSpan = Math.ceil(settings.spanSize / partSize);
  const spans = Math.ceil(parts / partsPerSpan);
  if (spans > MAX_SPANS) throw new ArchiveTooLarge(tooLarge(label, size, MAX_SPANS * settings.spanSize, SPANS));
  return { partSize, parts, partsPerSpan, spans };
}

const SEQUENTIAL =
  'the manager serves no byte ranges, so one function must copy it alone; serve it from a file system that does';
const SPANS = `a transfer has at most ${MAX_SPANS} ranges; leave logs and events out of the snapshot, or raise OFFSITE_SPAN_SIZE`;

function tooLarge(label: string, size: number, limit: number, why: string): string {
  const GiB = 1024 * MiB;
  return `${label} has ${(size / GiB).toFixed(1)} GiB, the limit is ${(limit / GiB).toFixed(1)} GiB: ${why}.`;
}

/** The bytes of part `number` (from 1). */
export function partRange(
  { size, partSize }: { size: number; partSize: number },
  number: number,
): { start: number; length: number } {
  const start = (number - 1) * partSize;
  return { start, length: Math.min(partSize, size - start) };
}

/** The numbers of the parts of span `span` (from 1), in order. */
export function partsOf({ parts, partsPerSpan }: Pick<PartPlan, 'parts' | 'partsPerSpan'>, span: number): number[] {
  const first = (span - 1) * partsPerSpan + 1;
  const count = Math.min(partsPerSpan, parts - first + 1);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Runs of consecutive numbers: `[1,2,5]` → `[[1,2],[5]]`. One GET serves a run. */
export function consecutive(numbers: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs;
}

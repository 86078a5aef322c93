import { defaults, type Settings } from '../lib/base/settings.ts';
import { ONE_CPU_MB } from '../lib/base/step-spec.ts';
import { planParts } from '../lib/transfer/part-plan.ts';
import { steps } from '../lib/workflow/steps.ts';
import { SpanPlanner, type VerifySpan } from '../lib/zip/verify-spans.ts';

const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;

/** What the model takes for granted. Prices: us-east-1, 2026, without free tiers. */
export const assumptions = {
  /** What the manager's disk and line give to all spans together. */
  managerBytesPerSecond: 200e6,
  /** What one function's network carries: about 600 Mbit/s, whatever its memory (measured by others, 2018-2022). */
  functionBytesPerSecond: 75e6,
  /** CPU of a copy and of a verification with TLS, as measured in the limits of functions; the start of Node is overhead. */
  copyCpuSecondsPerGiB: 2.6,
  verifyCpuSecondsPerGiB: 6.4,
  /** Start of a function, requests around the work of each step. */
  overheadSeconds: 2,
  snapshotSeconds: 600,
  /** Of an archive is read by InspectArchive to count what is inside; all of it must fit its 900 s. */
  countedShare: 0.01,
  spansAtOnce: 4,
  verifiedAtOnce: 10,
  /** Of a typical member; a span ends with a member. */
  memberBytes: 64 * MiB,
  dollarsPerGBSecond: 0.0000166667,
  dollarsPerPut: 0.005 / 1000,
  dollarsPerGet: 0.0004 / 1000,
  dollarsPerTransition: 0.025 / 1000,
} as const;

/** The largest part and two of them, or all buffers, beside what the process itself takes. */
export function copyMemoryMB(partSize: number): number {
  return 110 + Math.max(defaults.bufferBytes, 2 * partSize) / 1e6;
}

/** Memory sizes that Lambda is usually given. */
export const sizesMB = [256, 512, 1024, ONE_CPU_MB, 3008] as const;

export interface Plan {
  readonly size: number;
  readonly spanSize: number;
  readonly cut: ReturnType<typeof planParts>;
  readonly verifySpans: readonly VerifySpan[];
}

/** The product's own arithmetic. Spans are raised in steps of 1 GiB when there would be more than 1,000 of them. */
export function planOf(size: number): Plan {
  const spanSize = Math.max(defaults.spanSize, Math.ceil(size / 1000 / GiB) * GiB);
  const settings: Settings = { ...defaults, spanSize };
  const planner = new SpanPlanner('the archive', size, settings.verifySpanSize);
  for (let offset = 0; offset < size; offset += assumptions.memberBytes) {
    const end = Math.min(size, offset + assumptions.memberBytes);
    const facts = { crc32: 0, method: 8, flags: 0, name: 'm', nameBytes: Buffer.from('m') };
    planner.add({ ...facts, offset, end, compressedSize: end - offset - 31, size: end - offset - 31 });
  }
  return { size, spanSize, cut: planParts(size, true, settings, 'the archive'), verifySpans: planner.finish() };
}

/** Bytes a second of one function: its network, or what its share of a CPU manages. */
export function rateOf(memoryMB: number, cpuSecondsPerGiB: number): number {
  const cpus = Math.min(1, memoryMB / ONE_CPU_MB);
  return Math.min(assumptions.functionBytesPerSecond, (cpus * GiB) / cpuSecondsPerGiB);
}

/** How long a function works on so many bytes, while others share the manager with it. */
export function copySeconds(bytes: number, memoryMB: number): number {
  const share = assumptions.managerBytesPerSecond / assumptions.spansAtOnce;
  return assumptions.overheadSeconds + bytes / Math.min(share, rateOf(memoryMB, assumptions.copyCpuSecondsPerGiB));
}

export function verifySeconds(bytes: number, memoryMB = steps.VerifySpan.memoryMB): number {
  return assumptions.overheadSeconds + bytes / rateOf(memoryMB, assumptions.verifyCpuSecondsPerGiB);
}

/** Requests to S3 of one export. */
export function requestsOf({ cut: { parts, spans }, verifySpans }: Plan): { puts: number; gets: number } {
  const lists = spans * 2 + Math.ceil(parts / 1000);
  // Parts, open, complete, records, lists (priced like PUT).
  const puts = parts + 2 + 6 + lists;
  // Of each verified span: inspection, tail, head, directory, data; of the rest some ten.
  return { puts, gets: verifySpans.length * 6 + 10 };
}

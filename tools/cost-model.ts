import { pollInterval } from '../lib/base/poll-interval.ts';
import { defaults } from '../lib/base/settings.ts';
import type { StepName } from '../lib/base/step-names.ts';
import { planParts } from '../lib/transfer/part-plan.ts';
import { steps } from '../lib/workflow/steps.ts';
import { PRICES } from './cost-prices.ts';

/**
 * What a run costs, from the arithmetic of the transfer, the table of steps and list prices. test/docs-cost.test.ts counts
 * the same in real runs. tools/cost-tables.ts writes it into docs/reference/cost.md.
 */

const GiB = 1024 ** 3;

/** What is assumed of a run and cannot be known from here. */
export const ASSUMED = {
  /** Of a call that asks a manager or writes a record, its start included. */
  shortCallSeconds: 2,
  copyMBPerSecond: 50,
  verifyMBPerSecond: 60,
  /** Share of an archive that InspectArchive reads: the dump of the database, or the pages of items. */
  inspectedShare: 0.1,
  logKBPerCall: 2,
} as const;

export interface Run {
  readonly sizeGiB: number;
  readonly snapshotMinutes: number;
  /** Archives of this manager that are there already: their records and tags are looked at each night. */
  readonly archives: number;
}

/** How often things happen in one export, when nothing has to be tried again. */
export function counts({ sizeGiB, snapshotMinutes, archives }: Run) {
  const { parts, spans } = planParts(sizeGiB * GiB, true, defaults, 'The example');
  const verifySpans = Math.ceil((sizeGiB * GiB) / defaults.verifySpanSize);
  const polls = pollsIn(snapshotMinutes * 60);
  return countsOf({ polls, parts, spans, verifySpans, archives });
}

interface Shape {
  readonly polls: number;
  readonly parts: number;
  readonly spans: number;
  readonly verifySpans: number;
  readonly archives: number;
}

export function countsOf(shape: Shape) {
  const { polls, parts, spans, verifySpans, archives } = shape;
  return {
    ...shape,
    // Fifteen states once, three for each look at the snapshot, one for each span.
    states: 15 + 3 * polls + spans + verifySpans,
    s3Writes: 38 + parts + spans,
    s3Reads: 36 + 3 * verifySpans + 5 * archives,
    calls: 10 + polls + spans + verifySpans,
  };
}

function pollsIn(seconds: number): number {
  let polls = 1;
  for (let elapsed = 1; elapsed < seconds; polls++) elapsed += pollInterval(elapsed);
  return polls;
}

/** Seconds of all calls of a step together. */
function secondsOf(sizeGiB: number, { polls }: { polls: number }): Partial<Record<StepName, number>> {
  const short = ASSUMED.shortCallSeconds;
  const MB = (sizeGiB * GiB) / 1e6;
  const once: StepName[] = ['ClaimRun', 'FindManager', 'CreateSnapshot', 'PlanTransfer', 'CompleteTransfer'];
  const last: StepName[] = ['RecordArchive', 'PruneManager', 'ReportRun'];
  return {
    ...Object.fromEntries([...once, ...last].map((step) => [step, short])),
    CheckSnapshot: polls * short,
    CopySpan: MB / ASSUMED.copyMBPerSecond,
    InspectArchive: short + (MB * ASSUMED.inspectedShare) / ASSUMED.verifyMBPerSecond,
    VerifySpan: MB / ASSUMED.verifyMBPerSecond,
  };
}

export interface Line {
  readonly what: string;
  readonly amount: string;
  readonly price: number;
}

/** One export, item by item. */
export function runCost(run: Run): Line[] {
  const n = counts(run);
  const seconds = Object.entries(secondsOf(run.sizeGiB, n)) as [StepName, number][];
  const gbs = seconds.reduce((sum, [step, s]) => sum + (s * steps[step].memoryMB) / 1024, 0);
  const copying = ((seconds.find(([step]) => step === 'CopySpan')?.[1] ?? 0) * steps.CopySpan.memoryMB) / 1024;
  const verifying = ((seconds.find(([step]) => step === 'VerifySpan')?.[1] ?? 0) * steps.VerifySpan.memoryMB) / 1024;
  // With a bucket key S3 asks once for each role and some minutes; each secret is decrypted once per read.
  const kms = 2 * n.calls;
  return [
    { what: 'Lambda, copying', amount: `${round(copying)} GB-s`, price: copying * PRICES.lambdaGBs },
    { what: 'Lambda, verifying', amount: `${round(verifying)} GB-s`, price: verifying * PRICES.lambdaGBs },
    {
      what: 'Lambda, all other steps',
      amount: `${round(gbs - copying - verifying)} GB-s, ${n.calls} calls`,
      price: (gbs - copying - verifying) * PRICES.lambdaGBs + (n.calls * PRICES.lambdaCalls) / 1e6,
    },
    // The start counts as one as well.
    {
      what: 'Step Functions',
      amount: `${n.states + 1} transitions`,
      price: ((n.states + 1) * PRICES.transitions) / 1000,
    },
    { what: 'S3, writing and listing', amount: `${n.s3Writes} requests`, price: (n.s3Writes * PRICES.s3Writes) / 1000 },
    { what: 'S3, reading', amount: `${n.s3Reads} requests`, price: (n.s3Reads * PRICES.s3Reads) / 1000 },
    { what: 'KMS', amount: `about ${kms} requests`, price: (kms * PRICES.kmsRequests) / 10_000 },
    { what: 'Secrets Manager', amount: `${n.calls} calls at most`, price: (n.calls * PRICES.secretCalls) / 10_000 },
    {
      what: 'CloudWatch Logs',
      amount: `${round((n.calls * ASSUMED.logKBPerCall) / 1000)} MB`,
      price: ((n.calls * ASSUMED.logKBPerCall) / 1e6) * PRICES.logs,
    },
  ];
}

/** Lambda's part of reading that much again. */
export function verifyCost(GiBs: number): number {
  const seconds = (GiBs * GiB) / 1e6 / ASSUMED.verifyMBPerSecond;
  return ((seconds * steps.VerifySpan.memoryMB) / 1024) * PRICES.lambdaGBs;
}

export function total(lines: readonly Pick<Line, 'price'>[]): number {
  return lines.reduce((sum, { price }) => sum + price, 0);
}

export function round(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

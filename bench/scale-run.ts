import type { StepName } from '../lib/base/step-names.ts';
import type { StepHandler } from '../lib/local/handlers.ts';
import { startMachine } from '../lib/local/machine.ts';
import { partRange, partsOf } from '../lib/transfer/part-plan.ts';
import { contracts, type OutputOf } from '../lib/workflow/contracts.ts';
import { loadMachine, type MachineEvent } from '../lib/workflow/definition.ts';
import { steps } from '../lib/workflow/steps.ts';
import { historyLength, payloads } from '../test/support/history.ts';
import { EventClock } from './event-clock.ts';
import { assumptions, copySeconds, type Plan, requestsOf, verifySeconds } from './scale-model.ts';

export interface Simulated {
  readonly seconds: number;
  readonly copySeconds: number;
  readonly verifySeconds: number;
  readonly gbSeconds: number;
  readonly dollars: number;
  readonly historyEvents: number;
  readonly largestPayload: number;
  readonly longestStep: number;
}

const at = '2026-11-22T02:00:00.000Z';
const stored = (size: number) => ({
  size,
  crc32: 'AAAAAA==',
  versionId: '3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH',
  storedAt: at,
});

/**
 * Runs the export state machine itself, in virtual time, with steps that take as long as the model says and answer as
 * their contracts demand.
 */
export async function simulate(plan: Plan, copyMemoryMB: number): Promise<Simulated> {
  const clock = new EventClock();
  const spent = { gbSeconds: 0, longest: 0, last: new Map<StepName, number>(), first: new Map<StepName, number>() };
  const memoryOf = (step: StepName) => (step === 'CopySpan' ? copyMemoryMB : steps[step].memoryMB);
  const answers = answersOf(plan);
  const handlers = Object.fromEntries(
    Object.entries(answers).map(([name, { seconds, answer }]) => {
      const step = name as StepName;
      const handler: StepHandler = async (event) => {
        const input = contracts[step].input.parse(event) as { span?: number };
        if (!spent.first.has(step)) spent.first.set(step, clock.now);
        // The wait between two looks is no function's time.
        if (step === 'CheckSnapshot') await clock.sleep(assumptions.snapshotSeconds);
        const took = seconds(input.span ?? 1, memoryOf(step));
        await clock.sleep(took);
        spent.last.set(step, clock.now);
        spent.gbSeconds += (took * memoryOf(step)) / 1024;
        spent.longest = Math.max(spent.longest, took);
        return contracts[step].output.parse(answer(input.span ?? 1));
      };
      return [step, handler];
    }),
  ) as Record<StepName, StepHandler>;
  const events: MachineEvent[] = [];
  const machine = startMachine(loadMachine('export'), {
    executionId: 'arn:aws:states:us-east-1:123456789012:execution:offsite-export:m1',
    input: { manager: 'm1', scheduledTime: at },
    handlers,
    onEvent: (event) => events.push(event),
    overrides: { waitTimeOverrides: { WaitForSnapshot: 0 } },
  });
  const passing = clock.run();
  const outcome = await machine.result;
  clock.stop();
  await passing;
  if (outcome.status !== 'SUCCEEDED') throw new Error(`The simulated export failed: ${JSON.stringify(outcome)}`);
  const between = (step: StepName) => (spent.last.get(step) ?? 0) - (spent.first.get(step) ?? 0);
  return {
    seconds: clock.now,
    copySeconds: between('CopySpan'),
    verifySeconds: between('VerifySpan'),
    gbSeconds: spent.gbSeconds,
    dollars: dollarsOf(plan, spent.gbSeconds, events),
    historyEvents: historyLength(events),
    largestPayload: payloads(events)[0]?.bytes ?? 0,
    longestStep: spent.longest,
  };
}

function dollarsOf(plan: Plan, gbSeconds: number, events: readonly MachineEvent[]): number {
  const { puts, gets } = requestsOf(plan);
  const transitions = events.filter(({ type }) => type === 'StateEntered' || type === 'StateRetried').length;
  return (
    gbSeconds * assumptions.dollarsPerGBSecond +
    puts * assumptions.dollarsPerPut +
    gets * assumptions.dollarsPerGet +
    transitions * assumptions.dollarsPerTransition
  );
}

type Answers = {
  readonly [N in StepName]?: {
    seconds: (span: number, memoryMB: number) => number;
    answer: (span: number) => OutputOf<N>;
  };
};

function answersOf({ size, cut: { spans, ...cut }, verifySpans }: Plan): Required<Pick<Answers, Exported>> {
  const short = () => assumptions.overheadSeconds;
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  const transfer = {
    node: 'https://manager.example.com',
    size,
    etag: '"66f0c1d2-10000000000"',
    ranges: true,
    uploadId: 'u'.repeat(120),
    ...cut,
  };
  const node = transfer.node;
  const claim = {
    manager: 'm1',
    snapshot: 'offsite-20261122T020000Z',
    scheduledTime: at,
    startedAt: at,
    outcome: 'claimed' as const,
    owner: 'x',
  };
  const run = { ...claim, node, version: '7.0.5', edition: 'premium' };
  const ready = {
    executionId: 'e',
    requestedAt: at,
    status: 'ready' as const,
    createdSeenAt: at,
    readyAt: at,
    waitSeconds: 2,
  };
  const bytesOf = (span: number) =>
    partsOf(cut, span).reduce((sum, number) => sum + partRange(transfer, number).length, 0);
  const lengthOf = (span: number) => (verifySpans[span - 1]?.end ?? 0) - (verifySpans[span - 1]?.start ?? 0);
  const report = {
    outcome: 'succeeded' as const,
    error: null,
    message: 'Done.',
    manager: 'm1',
    snapshot: run.snapshot,
    execution: 'x',
    archive: null,
    notes: [],
    finishedAt: at,
  };
  const totals = Object.fromEntries(numbers(25).map((one) => [`type_number_${one}`, 1_000_000]));
  return {
    ClaimRun: { seconds: short, answer: () => claim },
    FindManager: { seconds: short, answer: () => run },
    CreateSnapshot: { seconds: short, answer: () => ({ ...ready, status: 'creating' as const, readyAt: null }) },
    CheckSnapshot: { seconds: short, answer: () => ready },
    PlanTransfer: { seconds: short, answer: () => ({ transfer, spans: numbers(spans) }) },
    CopySpan: {
      seconds: (span, memoryMB) => copySeconds(bytesOf(span), memoryMB),
      answer: (span) => ({ bytes: bytesOf(span), crc32: 'AAAAAA==' }),
    },
    CompleteTransfer: {
      seconds: () => assumptions.overheadSeconds + (size / (10 * 1024 ** 4)) * 600,
      answer: () => stored(size),
    },
    InspectArchive: {
      seconds: () => verifySeconds(size * assumptions.countedShare),
      answer: () => ({
        summary: { format: 'new', snapshotVersion: '7.0.5', memberCount: 100_000, totals },
        spans: numbers(verifySpans.length),
      }),
    },
    VerifySpan: {
      seconds: (span, memoryMB) => verifySeconds(lengthOf(span), memoryMB),
      answer: (span) => ({ members: 100, bytes: lengthOf(span) }),
    },
    RecordArchive: {
      seconds: short,
      answer: () => ({ manifest: 'manifests/m1/2026/11/offsite-20261122T020000Z.json', recordedAt: at }),
    },
    PruneManager: { seconds: short, answer: () => ({ kept: 2, deleted: 1 }) },
    ReportRun: { seconds: short, answer: () => report },
  };
}

type Exported =
  | 'ClaimRun'
  | 'FindManager'
  | 'CreateSnapshot'
  | 'CheckSnapshot'
  | 'PlanTransfer'
  | 'CopySpan'
  | 'CompleteTransfer'
  | 'InspectArchive'
  | 'VerifySpan'
  | 'RecordArchive'
  | 'PruneManager'
  | 'ReportRun';

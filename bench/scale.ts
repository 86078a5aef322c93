import { assumptions, copyMemoryMB, copySeconds, GiB, planOf, requestsOf, sizesMB } from './scale-model.ts';
import { simulate } from './scale-run.ts';
import { markdown } from './table.ts';

/** Prints what exports of 1 GiB to 5 TiB take: `npm run bench:scale`. */
const SIZES = [1, 16, 156, 1000, 2048, 5120];
const hours = (seconds: number) =>
  seconds < 90
    ? `${seconds.toFixed(0)} s`
    : seconds < 5400
      ? `${(seconds / 60).toFixed(0)} min`
      : `${(seconds / 3600).toFixed(1)} h`;
const print = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n\n`);

print(
  markdown([
    ['assumption', 'value'],
    ...Object.entries(assumptions).map(([name, value]) => [name, String(Number(value.toPrecision(9)))]),
  ]),
);

/** The smallest of the usual ones that holds the buffers. */
const memoryFor = (partSize: number) =>
  sizesMB.find((one) => one >= Math.max(512, 1.3 * copyMemoryMB(partSize))) ?? 3008;

const rows = [
  [
    'archive',
    'span',
    'spans',
    'part',
    'CopySpan memory',
    'copied in',
    'in all',
    'GB-seconds',
    'S3 requests',
    'dollars',
    'events',
    'largest state',
    'longest function',
  ],
];
for (const size of SIZES) {
  const plan = planOf(size * GiB);
  const memory = memoryFor(plan.cut.partSize);
  const run = await simulate(plan, memory);
  const { puts, gets } = requestsOf(plan);
  rows.push([
    `${size} GiB`,
    `${plan.spanSize / GiB} GiB`,
    String(plan.cut.spans),
    `${plan.cut.partSize / 1024 ** 2} MiB`,
    `${memory} MB`,
    hours(run.copySeconds),
    hours(run.seconds),
    run.gbSeconds.toFixed(0),
    String(puts + gets),
    run.dollars.toFixed(2),
    String(run.historyEvents),
    `${(run.largestPayload / 1000).toFixed(1)} KB`,
    `${run.longestStep.toFixed(0)} s`,
  ]);
}
print(markdown(rows));

const span = planOf(100 * GiB);
print(
  markdown([
    ['CopySpan memory', 'holds its buffers', 'seconds for a span of 1 GiB', 'GB-seconds for 1 GiB'],
    ...sizesMB.map((memory) => {
      const seconds = copySeconds(GiB, memory);
      const holds = memory >= 1.3 * copyMemoryMB(span.cut.partSize) ? 'yes' : 'no';
      return [`${memory} MB`, holds, seconds.toFixed(1), ((seconds * memory) / 1024).toFixed(1)];
    }),
  ]),
);

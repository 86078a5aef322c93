import { expect, test } from 'vitest';
import { readRecording } from '../replay/recording.ts';
import { replay } from '../replay/replay.ts';

/** Exchanges that are not replayed, and why. Whatever is not named here is sent and compared. */
interface Gap {
  readonly file: string;
  /** First and last numbers, both included. */
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

const some = (file: string, why: string, ...ranges: readonly (readonly [number, number])[]): Gap[] =>
  ranges.map(([from, to]) => ({ file, from, to, why }));

const GAPS: readonly Gap[] = [
  ...some('15-vendor-client', 'secrets cannot be made through the simulation', [57, 58]),
  ...some('12-rate-limit', 'the plain-HTTP port of a manager with TLS is not simulated', [14, 17]),
  ...some(
    '13-inventory',
    'things that a manager holds cannot be made through the simulation',
    [5, 31],
    [42, 42],
    [44, 44],
    [65, 66],
    [68, 69],
    [71, 71],
    [74, 78],
    [86, 88],
  ),
  ...some('13-inventory', 'counts what the exchanges left out above would have made', [33, 34], [47, 47], [61, 61]),
  ...some(
    '13-inventory',
    'collections that no export looks at',
    [51, 57],
    [60, 60],
    [62, 62],
    [64, 64],
    [83, 83],
    [89, 90],
  ),
];

const REPLAYED = [
  '01-version-status-health',
  '02-auth-errors',
  '03-create-poll-download',
  '04-create-errors',
  '05-create-failed',
  '06-archive-not-ready',
  '07-upload-by-url',
  '08-upload-by-body',
  '09-restore',
  '10-list-and-delete',
  '11-maintenance',
  '12-rate-limit',
  '13-inventory',
  '14-executions',
  '15-vendor-client',
  '16-broker-down',
] as const;

/** HTTP exchanges with an answer, over all sixteen files; one more is a burst, replayed as an event. */
const RECORDED = 1017;
const COVERED = 952;

const isGap = (file: string, n: number): boolean =>
  GAPS.some((gap) => gap.file === file && gap.from <= n && n <= gap.to);

const exchangesOf = (file: string): number[] =>
  readRecording(file)
    .entries.filter(({ response }) => response !== undefined)
    .map(({ n }) => n);

test.each(REPLAYED)('the simulated manager answers %s as the real one did', async (file) => {
  const { compared, mismatches } = await replay(file, (n) => isGap(file, n));
  expect(mismatches).toEqual([]);
  expect(compared).toEqual(exchangesOf(file).filter((n) => !isGap(file, n)));
});

test('what is replayed and what is left out add up to everything that was recorded', () => {
  const all = REPLAYED.flatMap((file) => exchangesOf(file).map((n) => ({ file, n })));
  const covered = all.filter(({ file, n }) => !isGap(file, n));
  expect(all.length).toBe(RECORDED);
  expect(covered.length).toBe(COVERED);
});

test('no gap is listed twice or for nothing', () => {
  for (const { file, n } of REPLAYED.flatMap((name) =>
    readRecording(name).entries.map((entry) => ({ file: name, n: entry.n })),
  )) {
    expect(
      GAPS.filter((gap) => gap.file === file && gap.from <= n && n <= gap.to).length,
      `${file} #${n}`,
    ).toBeLessThan(2);
  }
  for (const gap of GAPS) {
    expect(
      exchangesOf(gap.file).some((n) => gap.from <= n && n <= gap.to),
      `${gap.file} from #${gap.from}`,
    ).toBe(true);
  }
});

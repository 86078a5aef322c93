import { InvalidInput } from '../errors.ts';
import { describeIssues } from '../issues.ts';
import { type LocalVerify, runVerify } from '../local/verify.ts';
import { Redactor } from '../redact.ts';
import { VerifyInput } from '../verify/input.ts';
import type { VerifyReport } from '../verify/parts.ts';
import { logTo } from './doors.ts';
import { ProgressDisplay } from './progress.ts';
import { rulesFrom } from './retention-rules.ts';
import { BUCKET_FLAGS, openStorage } from './storage-flags.ts';
import { EXIT, formatBytes, parseArguments, parsePercent, type Terminal, UsageError } from './usage.ts';

const flags = {
  local: { type: 'boolean' },
  manager: { type: 'string' },
  sample: { type: 'string' },
  all: { type: 'boolean' },
  from: { type: 'string' },
  ...BUCKET_FLAGS,
  reason: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
} as const;
type Given = ReturnType<typeof parseArguments<typeof flags>>;

/** `offsite verify --local [ARCHIVE]`: reads stored archives again, from the flags to the exit code. */
export async function verifyCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseArguments('verify', args, flags, 1);
  if (!given.values.local) throw new UsageError('verify runs on this machine only, so far: add --local.');
  const input = inputFrom(given);
  const rulesOf = await rulesFrom(given.values.config);
  const storage = await openStorage(given.values, { flag: 'from', mustExist: true });
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  const redactor = new Redactor();
  const run: LocalVerify = {
    ...{ input, redactor, clock: terminal.clock, progress: display, rulesOf },
    ...{ s3: storage.s3, bucket: storage.bucket, interrupt: terminal.interrupt },
    onEvent: (event) => display.onEvent(event),
    ...(given.values.verbose ? { log: logTo(terminal, redactor) } : {}),
  };
  try {
    const report = await runVerify(run);
    display.end();
    return finishVerify(report, storage.place, given.values.json === true, terminal);
  } finally {
    display.end();
    await storage.close();
  }
}

function inputFrom({ values, positionals }: Given): VerifyInput {
  const [archive] = positionals;
  if (archive !== undefined && values.manager === undefined) {
    throw new UsageError('Two managers may have archives of the same name: add --manager NAME.');
  }
  if (archive === undefined && values.sample === undefined && !values.all) {
    throw new UsageError('Say how much to read: an archive ("latest", or its id), --sample 10%, or --all.');
  }
  const parsed = VerifyInput.safeParse({
    ...(values.manager === undefined ? {} : { manager: values.manager }),
    ...(archive === undefined ? {} : { archive }),
    ...(values.sample === undefined ? {} : { sample: parsePercent('sample', values.sample) }),
    ...(values.all ? { all: true } : {}),
    ...(values.reason === undefined ? {} : { reason: values.reason }),
  });
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The arguments are not valid: ${describeIssues(parsed.error)}.`);
}

/** Shows how a verification ended, here or in AWS. Gives the exit code. */
export function finishVerify(report: VerifyReport, place: string, json: boolean, { out, err }: Terminal): number {
  const good = report.outcome === 'succeeded';
  if (json) out.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (good) out.write(wholeText(report, place));
  if (!good) err.write(badText(report));
  if (good) return EXIT.ok;
  return report.error === 'Interrupted' ? EXIT.interrupted : EXIT.failed;
}

function wholeText({ counts, bytes, notes }: VerifyReport, place: string): string {
  const rows: [string, string][] = [
    [
      'Whole',
      `${counts.good} of ${counts.known} archives in ${place}: every member has the CRC-32 that its manager wrote`,
    ],
    ['Read', `${formatBytes(bytes)} (${bytes} bytes)`],
    ...notes.map((note): [string, string] => ['Note', note]),
  ];
  return rows.map(([label, text]) => `${label.padEnd(10)}${text}\n`).join('');
}

function badText({ error, message, damaged, unread, notes }: VerifyReport): string {
  const lines = [
    ...damaged.map((bad) => `${bad.archive} is damaged: ${bad.error}: ${bad.message}`),
    ...unread.map((bad) => `${bad.archive}: ${bad.message}`),
    ...notes,
  ];
  return [`offsite: ${error}: ${message}`, ...lines.map((text) => `  ${text}`), ''].join('\n');
}

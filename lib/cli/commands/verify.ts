import { InvalidInput } from '../../base/errors.ts';
import { Redactor } from '../../base/redact.ts';
import { describeIssues } from '../../base/zod-issues.ts';
import { type LocalVerify, runVerify } from '../../local/verify.ts';
import { VerifyInput } from '../../verification/input.ts';
import { DEPLOYED_FLAGS, refuseOf } from '../options/installation.ts';
import { rulesFrom } from '../options/retention-rules.ts';
import { BUCKET_FLAGS, openStorage } from '../options/storage.ts';
import { logTo } from '../preflight.ts';
import { ProgressDisplay } from '../text/progress.ts';
import { finishVerify } from '../text/verify-text.ts';
import { parseArguments, parsePercent, type Terminal, UsageError } from '../usage.ts';

const LOCAL = {
  from: { type: 'string' },
  ...BUCKET_FLAGS,
  config: { type: 'string' },
  verbose: { type: 'boolean' },
} as const;
const flags = {
  local: { type: 'boolean' },
  manager: { type: 'string' },
  sample: { type: 'string' },
  all: { type: 'boolean' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
  ...LOCAL,
  ...DEPLOYED_FLAGS,
} as const;
type Given = ReturnType<typeof parseArguments<typeof flags>>;

/** `offsite verify [ARCHIVE]`: reads stored archives again, on this machine with `--local`, else in AWS. */
export async function verifyCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseArguments('verify', args, flags, 1);
  refuseOf(given.values, Object.keys(given.values.local ? DEPLOYED_FLAGS : LOCAL));
  const input = inputFrom(given);
  if (given.values.local) return await localVerify(given, input, terminal);
  return await (await import('./verify-in-aws.ts')).deployedVerify(input, given.values, terminal);
}

async function localVerify(given: Given, input: VerifyInput, terminal: Terminal): Promise<number> {
  const rulesOf = await rulesFrom(given.values);
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

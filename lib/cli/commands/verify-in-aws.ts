import { executionName } from '../../installation/arns.ts';
import { ExecutionExists } from '../../installation/errors.ts';
import { machineOf } from '../../installation/find-installation.ts';
import type { VerifyInput } from '../../verification/input.ts';
import { VerifyReport } from '../../verification/state.ts';
import { openInstallation } from '../aws/open.ts';
import { failureOf } from '../aws/results.ts';
import { sayLeft, sayStarted } from '../aws/started.ts';
import { watch } from '../aws/watch.ts';
import { finishVerify } from '../text/verify-text.ts';
import { EXIT, type Terminal } from '../usage.ts';
import type { Around } from './export/in-aws.ts';

interface Asked {
  readonly installation?: string | undefined;
  readonly wait?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `offsite verify`: starts the deployed verification, and waits for it if asked. Each one is a new one. */
export async function deployedVerify(input: VerifyInput, given: Asked, terminal: Terminal): Promise<number> {
  const aws = await openInstallation(given, terminal);
  const around = { aws, json: given.json === true, terminal };
  const manager = input.manager ?? null;
  try {
    const machine = machineOf(aws.installation, 'verify');
    const now = terminal.clock.now();
    const name = executionName(input.manager ?? 'all', now, String(now.getMilliseconds()).padStart(3, '0'));
    const started = await aws.sfn.start(machine.arn, name, input);
    if (!started) {
      throw new ExecutionExists(
        `There is an execution ${name} of ${machine.name} already, which was started in the same moment with another input. Nothing was started; run the command again.`,
      );
    }
    if (given.wait) return await showVerification(started.arn, manager, around);
    return sayStarted({ ...started, manager, what: 'verification' }, around.json, terminal);
  } finally {
    aws.close();
  }
}

/** A verification, or whatever this installation has beside it. */
export async function showVerification(
  arn: string,
  manager: string | null,
  { aws, json, terminal }: Around,
): Promise<number> {
  const ended = await watch(arn, aws, terminal);
  if (!ended) return sayLeft({ arn, manager }, json, terminal);
  const succeeded = ended.status === 'SUCCEEDED';
  const report = VerifyReport.safeParse(ended.report ?? ended.output);
  if (report.success && (succeeded || ended.status === 'FAILED')) {
    return finishVerify(report.data, aws.storage.place, json, terminal);
  }
  const { error, message } = succeeded
    ? { error: null, message: 'The execution has succeeded.' }
    : failureOf(ended, 'verification');
  const outcome = succeeded ? 'succeeded' : 'failed';
  const output = ended.output ?? ended.report ?? null;
  if (json)
    terminal.out.write(`${JSON.stringify({ outcome, error, message, manager, execution: arn, output }, null, 2)}\n`);
  else if (succeeded) terminal.out.write(`${message}\n`);
  if (!succeeded) terminal.err.write(`offsite: ${error}: ${message}\n`);
  return succeeded ? EXIT.ok : EXIT.failed;
}

import { VerifyReport } from '../../verification/state.ts';
import { finishVerify } from '../text/verify-text.ts';
import { EXIT } from '../usage.ts';
import type { Around } from './open.ts';
import { failureOf } from './results.ts';
import { sayLeft } from './started.ts';
import { watch } from './watch.ts';

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

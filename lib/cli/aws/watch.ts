import { partsOfArn } from '../../installation/arns.ts';
import type { ExecutionEnd } from '../../installation/execution-course.ts';
import { follow } from '../../installation/follow.ts';
import { uploadedBytes } from '../../installation/upload-bytes.ts';
import { ProgressDisplay } from '../text/progress.ts';
import type { Terminal } from '../usage.ts';
import type { Deployed } from './open.ts';

/**
 * Shows an execution on standard error until it has ended. Undefined: the person has stopped watching, and it goes on.
 * What fails meanwhile is the watching; the message says so.
 */
export async function watch(
  arn: string,
  { sfn, archive }: Pick<Deployed, 'sfn' | 'archive'>,
  terminal: Terminal,
): Promise<ExecutionEnd | undefined> {
  const displays: ProgressDisplay[] = [];
  try {
    return await follow(arn, {
      sfn,
      clock: terminal.clock,
      signal: terminal.interrupt,
      uploaded: uploadedBytes(archive),
      watcher: (now) => {
        const display = new ProgressDisplay(terminal, now);
        displays.push(display);
        return display;
      },
    });
  } catch (error) {
    if (error instanceof Error && error.name !== 'ExecutionNotFound') error.message += ` ${goesOn(arn)}`;
    throw error;
  } finally {
    for (const display of displays) display.end();
  }
}

/** What to do about an execution that nobody watches any more. */
export function goesOn(arn: string): string {
  return `The execution goes on; to see it: offsite follow ${arn}`;
}

/** Nothing was stopped by Ctrl-C but the watching. */
export function leftText(arn: string): string {
  const region = partsOfArn(arn)?.region ?? '';
  return `Stopped following, and nothing else. ${goesOn(arn)}\nTo stop it, cleaning up nothing: aws stepfunctions stop-execution --region ${region} --execution-arn ${arn}\n`;
}

import { executionName } from '../../installation/arns.ts';
import type { ExecutionEnd } from '../../installation/execution-course.ts';
import { type Kind, machineFor } from '../../installation/find-installation.ts';
import type { Terminal } from '../usage.ts';
import type { Deployed } from './open.ts';
import { watch } from './watch.ts';

interface Decided {
  readonly kind: Extract<Kind, 'approve' | 'decide' | 'diagnose'>;
  readonly manager: string;
  /** More of what the execution is called after. */
  readonly words: readonly string[];
  readonly input: object;
}

/** Starts a machine that does what a person asks for now, and waits for its end. Undefined: it is not known. */
export async function runDecision(
  { kind, manager, words, input }: Decided,
  aws: Deployed,
  terminal: Terminal,
): Promise<{ readonly arn: string; readonly ended: ExecutionEnd } | undefined> {
  const now = terminal.clock.now();
  // Whoever decides twice within a second means it.
  const name = executionName(manager, now, ...words, String(now.getMilliseconds()).padStart(3, '0'));
  const machine = await machineFor(manager, kind, aws.installation, aws.sfn);
  const started = await aws.sfn.start(machine.arn, name, input);
  const ended = started && (await watch(started.arn, aws, terminal));
  return ended && { arn: started.arn, ended };
}

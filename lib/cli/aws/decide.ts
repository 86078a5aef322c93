import { Interrupted } from '../../base/errors.ts';
import { DecisionRecorded } from '../../decision/contract.ts';
import type { DecisionInput } from '../../decision/input.ts';
import { executionName } from '../../installation/arns.ts';
import { machineOf } from '../../installation/find-installation.ts';
import type { Terminal } from '../usage.ts';
import type { Deployed } from './open.ts';
import { failureOf } from './results.ts';
import { watch } from './watch.ts';

/** An execution that failed, under the name of its first error. */
class DecisionFailed extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Lets the function that can sign record what a person has decided. Throws under the name of what went wrong there. */
export async function recordDecision(
  input: DecisionInput,
  aws: Deployed,
  terminal: Terminal,
): Promise<DecisionRecorded> {
  const now = terminal.clock.now();
  const name = executionName(input.manager, now, input.decision, String(now.getMilliseconds()).padStart(3, '0'));
  const started = await aws.sfn.start(machineOf(aws.installation, 'decide').arn, name, input);
  const ended = started && (await watch(started.arn, aws, terminal));
  if (!ended) throw new Interrupted(`Whether the decision about ${input.snapshot} was recorded is not known.`);
  if (ended.status === 'SUCCEEDED') return DecisionRecorded.parse(ended.output);
  const { error, message } = failureOf(ended, 'decision');
  throw new DecisionFailed(error, message);
}

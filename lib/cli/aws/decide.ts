import { Interrupted } from '../../base/errors.ts';
import { DecisionRecorded } from '../../decision/contract.ts';
import type { DecisionInput } from '../../decision/input.ts';
import type { Terminal } from '../usage.ts';
import type { Deployed } from './open.ts';
import { failureOf } from './results.ts';
import { runDecision } from './run-machine.ts';

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
  const { manager, decision, snapshot } = input;
  const run = await runDecision({ kind: 'decide', manager, words: [decision], input }, aws, terminal);
  if (!run) throw new Interrupted(`Whether the decision about ${snapshot} was recorded is not known.`);
  const { ended } = run;
  if (ended.status === 'SUCCEEDED') return DecisionRecorded.parse(ended.output);
  const { error, message } = failureOf(ended, 'decision');
  throw new DecisionFailed(error, message);
}

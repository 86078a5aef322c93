import { executionName } from '../../../installation/arns.ts';
import { ExecutionExists } from '../../../installation/errors.ts';
import { machineFor } from '../../../installation/find-installation.ts';
import type { Started } from '../../../installation/step-functions.ts';
import type { RestoreInput } from '../../../restore/input.ts';
import { type Around, openInstallation } from '../../aws/open.ts';
import { restoreResult, showRestore } from '../../aws/show-restore.ts';
import { sayLeft, sayStarted } from '../../aws/started.ts';
import { finishRestore } from '../../text/show-result.ts';
import type { Terminal } from '../../usage.ts';
import { asSeen, whyNotOver } from './confirm-overwrite.ts';
import { inputFrom, type RestoreGiven } from './input.ts';

/**
 * `offsite restore`: starts the deployed restore, and waits for it if asked. What would overwrite something is looked at
 * first, by a dry run in AWS, which is always waited for: its plan is what a person says yes to.
 */
export async function deployedRestore(given: RestoreGiven, terminal: Terminal): Promise<number> {
  const input = inputFrom(given);
  const around = { aws: await openInstallation(given, terminal), json: given.json === true, terminal };
  try {
    if (input.dryRun) return await showRestore((await start(input, around)).arn, input.manager, around);
    if (!input.force) return await begin(input, given, around);
    const { arn } = await start({ ...input, dryRun: true }, around);
    const look = await restoreResult(arn, input.manager, around);
    if (!look) return sayLeft({ arn, manager: input.manager }, around.json, terminal);
    const whyNot = await whyNotOver(look, given.yes === true, terminal);
    if (whyNot) return await finishRestore(whyNot, around.aws.storage, around.json, terminal);
    return await begin(asSeen(input, look, given.yes === true), given, around);
  } finally {
    around.aws.close();
  }
}

async function begin(input: RestoreInput, given: RestoreGiven, around: Around): Promise<number> {
  const started = await start(input, around);
  if (given.wait) return await showRestore(started.arn, input.manager, around);
  return sayStarted({ ...started, manager: input.manager, what: 'restore' }, around.json, around.terminal);
}

async function start(input: RestoreInput, { aws, terminal }: Around): Promise<Started> {
  const machine = await machineFor(input.manager, 'restore', aws.installation, aws.sfn);
  const now = terminal.clock.now();
  // Unlike a night, a restore is none that was asked for before: who restores twice means it.
  const more = [...(input.dryRun ? ['dry-run'] : []), String(now.getMilliseconds()).padStart(3, '0')];
  const name = executionName(input.manager, now, ...more);
  const started = await aws.sfn.start(machine.arn, name, input);
  if (started) return started;
  throw new ExecutionExists(
    `There is an execution ${name} of ${machine.name} already, which was started in the same moment with another input. Nothing was started; run the command again.`,
  );
}

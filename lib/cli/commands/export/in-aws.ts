import { compactTime } from '../../../base/ids.ts';
import type { ExportInput } from '../../../export/contract.ts';
import { executionArn, executionName } from '../../../installation/arns.ts';
import { ExecutionExists } from '../../../installation/errors.ts';
import { type ExecutionEnd, endOf } from '../../../installation/execution-course.ts';
import { machineFor } from '../../../installation/find-installation.ts';
import type { Started, StateMachine } from '../../../installation/step-functions.ts';
import { type Deployed, openInstallation } from '../../aws/open.ts';
import { failureOf } from '../../aws/results.ts';
import { finishExportOf, showExport } from '../../aws/show-export.ts';
import { sayStarted } from '../../aws/started.ts';
import type { Terminal } from '../../usage.ts';
import { type ExportGiven, exportInput } from './input.ts';

type Slot = ExportInput & { readonly scheduledTime: string };

/** `offsite export`: starts the deployed export of one night, and waits for it if asked. */
export async function deployedExport(given: ExportGiven, terminal: Terminal): Promise<number> {
  const now = terminal.clock.now();
  const wish = exportInput(given);
  const input: Slot = { ...wish, scheduledTime: wish.scheduledTime ?? now.toISOString() };
  const json = given.json === true;
  const aws = await openInstallation(given, terminal);
  try {
    const machine = await machineFor(input.manager, 'export', aws.installation, aws.sfn);
    const again = given.again ? ['again', compactTime(now)] : [];
    const name = executionName(input.manager, new Date(input.scheduledTime), ...again);
    const started = await aws.sfn.start(machine.arn, name, input);
    const going = started ?? (await existing(input, { machine, name }, aws));
    if ('ended' in going) return await finishExportOf(going, input.manager, { aws, json, terminal });
    if (!given.wait) return sayStarted({ ...going, manager: input.manager, what: 'export' }, json, terminal);
    return await showExport(going.arn, input.manager, { aws, json, terminal });
  } finally {
    aws.close();
  }
}

/**
 * The name of this night is taken. An execution that is under way, with another reason, is as good as the one that was
 * asked for, and one that has succeeded is what was wanted. Throws `ExecutionExists` after one that has failed.
 */
async function existing(
  input: Slot,
  { machine, name }: { machine: StateMachine; name: string },
  { sfn }: Deployed,
): Promise<Started | { arn: string; ended: ExecutionEnd }> {
  const arn = executionArn(machine.arn, name);
  const found = await sfn.describe(arn);
  const night = `The export of manager ${input.manager} for ${input.scheduledTime}`;
  const once = 'To run it once more for the same scheduled time: the same command with --again.';
  if (!found)
    throw new ExecutionExists(`${night} has run before, in an execution that cannot be seen any more. ${once}`);
  const ended = endOf(found);
  if (!ended) return found;
  if (ended.status === 'SUCCEEDED') return { arn, ended };
  const { error, message } = failureOf(ended, 'export');
  throw new ExecutionExists(`${night} began at ${found.startedAt} and failed: ${error}: ${message} ${once}`);
}

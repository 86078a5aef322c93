import { partsOfArn } from '../../../installation/arns.ts';
import { jsonOf } from '../../../installation/json.ts';
import { openInstallation } from '../../aws/open.ts';
import { showExport } from '../../aws/show-export.ts';
import { showRestore } from '../../aws/show-restore.ts';
import { showVerification } from '../../aws/show-verification.ts';
import { findExecution } from '../../aws/which.ts';
import type { Given } from '../../command.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import type { followLiteral } from './command.ts';

/** `offsite follow`: shows an execution in AWS from its beginning to its end. */
export async function followCommand(given: Given<typeof followLiteral>, terminal: Terminal): Promise<number> {
  const which = given.execution;
  if (given.local) {
    throw new UsageError(
      'A run on this machine shows its progress where it runs: there is nothing to follow with --local.',
    );
  }
  if ((which === undefined) === (given.manager === undefined)) {
    throw new UsageError(
      'No execution is named: give its ARN or its name, or --manager NAME for the latest of a manager.',
    );
  }
  const isArn = which?.startsWith('arn:') === true;
  if (isArn && !partsOfArn(which)) throw new UsageError(`${which}: is not the ARN of an execution.`);
  const aws = await openInstallation(given, terminal, isArn ? which : undefined);
  try {
    const { arn, input } = await findExecution({ which, manager: given.manager }, aws);
    const manager = managerIn(input);
    const around = { aws, json: given.json === true, terminal };
    const kind = /-(export|restore)$/.exec(partsOfArn(arn)?.machine ?? '')?.[1];
    if (kind === 'export') return await showExport(arn, manager, around);
    if (kind === 'restore') return await showRestore(arn, manager, around);
    return await showVerification(arn, manager, around);
  } finally {
    aws.close();
  }
}

function managerIn(input: string | undefined): string | null {
  const { manager } = (jsonOf(input) ?? {}) as { manager?: unknown };
  return typeof manager === 'string' ? manager : null;
}

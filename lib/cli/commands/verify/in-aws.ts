import { executionName } from '../../../installation/arns.ts';
import { ExecutionExists } from '../../../installation/errors.ts';
import { machineOf } from '../../../installation/find-installation.ts';
import type { VerifyInput } from '../../../verification/input.ts';
import { openInstallation } from '../../aws/open.ts';
import { showVerification } from '../../aws/show-verification.ts';
import { sayStarted } from '../../aws/started.ts';
import type { Terminal } from '../../usage.ts';
import type { VerifyGiven } from './input.ts';

/** `offsite verify`: starts the deployed verification, and waits for it if asked. Each one is a new one. */
export async function deployedVerify(input: VerifyInput, given: VerifyGiven, terminal: Terminal): Promise<number> {
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

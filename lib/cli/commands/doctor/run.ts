import { printable } from '../../../base/printable.ts';
import { Redactor } from '../../../base/redact.ts';
import type { Given } from '../../command.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { networkOf } from '../../inputs/network.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { Check } from './check.ts';
import type { doctorLiteral } from './command.ts';
import { checkManagerOnly } from './manager.ts';
import { checkDestination } from './storage.ts';

/** `offsite doctor`: one line for each check. Exit code 1: a check has failed. */
export async function doctorCommand(given: Given<typeof doctorLiteral>, terminal: Terminal): Promise<number> {
  if (!given.local) throw new UsageError('offsite doctor checks from this machine: add --local.');
  const manager = managerName(given.manager);
  const redactor = new Redactor();
  const secret = await managerSecret(manager, given, redactor, terminal);
  if (!secret) throw new UsageError('Where is the manager? Add --manager-url, or --config with managers[].local.');
  const network = await networkOf(terminal, given);
  const ofManager = await checkManagerOnly(manager, { secret, redactor, network }, terminal);
  const checks = [...ofManager, ...(await checkDestination(manager, given, terminal))].map((check) => ({
    ...check,
    text: printable(redactor.clean(check.text)),
  }));
  const hasFailed = checks.some(({ state }) => state === 'failed');
  const document = { outcome: hasFailed ? 'failed' : 'succeeded', manager, checks };
  if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  else for (const check of checks) terminal.out.write(lineOf(check));
  return hasFailed ? EXIT.failed : EXIT.ok;
}

const lineOf = ({ state, what, text }: Check) => `${state.padEnd(11)}  ${what}: ${text}\n`;

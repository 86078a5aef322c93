import type { Redactor } from '../../../base/redact.ts';
import { defaults } from '../../../base/settings.ts';
import type { Check } from '../../../doctor/contract.ts';
import { checkManager } from '../../../doctor/manager.ts';
import { Managers } from '../../../manager/managers.ts';
import { LOGIN_FROM } from '../../../manager/secret.ts';
import type { Given } from '../../command.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { networkOf } from '../../inputs/network.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import type { doctorLiteral } from './command.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDestination } from './storage.ts';

/** Everything that a run on this machine needs. */
export async function checksHere(
  manager: string,
  given: Given<typeof doctorLiteral>,
  redactor: Redactor,
  terminal: Terminal,
): Promise<readonly Check[]> {
  const secret = await managerSecret(manager, given, redactor, terminal);
  if (!secret)
    throw new UsageError(
      'The address of the manager is missing: add --manager-url, or --config with managers[].local.',
    );
  const { clock, interrupt: signal } = terminal;
  const network = await networkOf(terminal, given);
  const source = { read: async () => JSON.stringify(secret), from: () => secret[LOGIN_FROM] };
  const managers = new Managers(source, { settings: defaults, redactor, signal, network, now: () => clock.now() });
  try {
    return [
      ...(await checkConfiguration(given.config)),
      ...(await checkManager(manager, { managers, clock, signal, network })),
      ...(await checkDestination(manager, given, terminal)),
    ];
  } finally {
    await managers.close();
  }
}

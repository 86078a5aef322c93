import { printable } from '../../../base/printable.ts';
import { Redactor } from '../../../base/redact.ts';
import type { Check } from '../../../doctor/contract.ts';
import type { Given } from '../../command.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { doctorLiteral } from './command.ts';
import { checksHere } from './here.ts';

/** `offsite doctor`: one line for each check. Exit code 1: a check has failed. */
export async function doctorCommand(given: Given<typeof doctorLiteral>, terminal: Terminal): Promise<number> {
  const manager = managerName(given.manager);
  const redactor = new Redactor();
  const found = given.local
    ? await checksHere(manager, given, redactor, terminal)
    : await (await import('./in-aws.ts')).checksInAws(manager, given, terminal);
  const checks = found.map((check) => ({ ...check, text: printable(redactor.clean(check.text)) }));
  const hasFailed = checks.some(({ state }) => state === 'failed');
  const document = { outcome: hasFailed ? 'failed' : 'succeeded', manager, checks };
  if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  else for (const check of checks) terminal.out.write(lineOf(check));
  return hasFailed ? EXIT.failed : EXIT.ok;
}

const lineOf = ({ state, what, text }: Check) => `${state.padEnd(11)}  ${what}: ${text}\n`;

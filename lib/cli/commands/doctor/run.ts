import { printable } from '../../../base/printable.ts';
import { Redactor } from '../../../base/redact.ts';
import type { Check } from '../../../doctor/contract.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { Checked, DoctorGiven } from './checked.ts';
import { checksHere } from './here.ts';

/** `offsite doctor`: one line for each check. Exit code 1: a check has failed. */
export async function doctorCommand(given: DoctorGiven, terminal: Terminal): Promise<number> {
  const checksOf = (manager: string) => checkOne(manager, given, terminal);
  if (given.all) return await (await import('./all.ts')).doctorAll(given, terminal, checksOf);
  const manager = managerName(given.manager);
  if (manager === undefined) throw new UsageError('No manager is named: add --manager NAME, or --all.');
  const checked = await checksOf(manager);
  if (given.json) terminal.out.write(`${JSON.stringify(checked, null, 2)}\n`);
  else for (const check of checked.checks) terminal.out.write(lineOf(check));
  return checked.outcome === 'failed' ? EXIT.failed : EXIT.ok;
}

async function checkOne(manager: string, given: DoctorGiven, terminal: Terminal): Promise<Checked> {
  const redactor = new Redactor();
  const found = given.local
    ? await checksHere(manager, given, redactor, terminal)
    : await (await import('./in-aws.ts')).checksInAws(manager, given, terminal);
  const checks = found.map((check) => ({ ...check, text: printable(redactor.clean(check.text)) }));
  const hasFailed = checks.some(({ state }) => state === 'failed');
  return { outcome: hasFailed ? 'failed' : 'succeeded', manager, checks };
}

const lineOf = ({ state, what, text }: Check) => `${state.padEnd(11)}  ${what}: ${text}\n`;

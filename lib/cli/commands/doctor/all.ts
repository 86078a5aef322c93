import { mapAtMost } from '../../../base/concurrency.ts';
import { DEFAULT_INSTALLATION } from '../../../installation/find-installation.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { managersOfAll } from '../../inputs/managers-of-all.ts';
import { tableText } from '../../text/table.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { Checked, DoctorGiven } from './checked.ts';

/** Checks wait for managers, and each takes a connection or two. */
const AT_ONCE = 4;

/** `offsite doctor --all`: every manager of the configuration, and one summary. Exit code 1: a check of one has failed. */
export async function doctorAll(
  given: DoctorGiven,
  terminal: Terminal,
  checksOf: (manager: string) => Promise<Checked>,
): Promise<number> {
  const ended = await mapAtMost(AT_ONCE, await managersOf(given), (manager) =>
    checksOf(manager).catch((error: Error) => failed(manager, error)),
  );
  const bad = ended.filter(({ outcome }) => outcome === 'failed');
  const message = `${ended.length - bad.length} of ${ended.length} managers have no failed check.`;
  const document = { outcome: bad.length > 0 ? 'failed' : 'succeeded', message, managers: ended };
  terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : textOf(ended, message));
  if (terminal.interrupt.aborted) return EXIT.interrupted;
  return bad.length > 0 ? EXIT.failed : EXIT.ok;
}

async function managersOf({ config: file, local, installation }: DoctorGiven): Promise<string[]> {
  const config = await readConfig(file, local ? undefined : (installation ?? DEFAULT_INSTALLATION));
  return managersOfAll(config, { verb: 'checks', file, onlyReached: local === true });
}

/** A manager that could not be checked at all, as when its password cannot be read. */
function failed(manager: string, { name, message }: Error): Checked {
  const checks = [{ what: 'access', state: 'failed', text: `${name}: ${message}` }] as const;
  return { outcome: 'failed', manager, checks };
}

const HEADS = ['MANAGER', 'RESULT', 'OK', 'WARNINGS', 'FAILED'];

/** What is well is counted; the rest is named. */
function textOf(ended: readonly Checked[], message: string): string {
  const odd = ended.flatMap(({ manager, checks }) =>
    checks
      .filter(({ state }) => state === 'warning' || state === 'failed')
      .map(({ state, what, text }) => `${manager}: ${state}: ${what}: ${text}\n`),
  );
  const rows = ended.map(({ manager, outcome, checks }) => {
    const count = (wanted: string) => String(checks.filter(({ state }) => state === wanted).length);
    return [manager, outcome === 'failed' ? 'failed' : 'ok', count('ok'), count('warning'), count('failed')];
  });
  return `${odd.join('')}${tableText(HEADS, rows)}${message}\n`;
}

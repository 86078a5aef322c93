import { resolve } from 'node:path';
import { ContractViolation, Interrupted } from '../../../base/errors.ts';
import { Redactor } from '../../../base/redact.ts';
import { executionName } from '../../../installation/arns.ts';
import { machineOf } from '../../../installation/find-installation.ts';
import { runReport } from '../../../local/report.ts';
import { KeptReport } from '../../../report/contract.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { rulesFrom } from '../../inputs/retention-rules.ts';
import { openStorage, partsOf } from '../../inputs/storage.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { reportLiteral } from './command.ts';

type ReportGiven = Given<typeof reportLiteral>;

const AS_RUN = { about: 'report', manager: null, what: 'report of all managers' } as const;

/** `offsite report --keep`: what the schedule does once a month, now. Exit code 1 when a manager is at risk. */
export async function keepNow(given: ReportGiven, terminal: Terminal): Promise<number> {
  const here = () => notifiedUnlessBegun(AS_RUN, given, terminal, () => keepHere(given, terminal));
  const kept = given.local ? await here() : await keepInAws(given, terminal);
  terminal.out.write(given.json ? `${JSON.stringify(kept, null, 2)}\n` : textOf(kept));
  return kept.verdicts['at-risk'] > 0 ? EXIT.failed : EXIT.ok;
}

function textOf({ message, notes, files, record }: KeptReport): string {
  return [message, ...notes, `Kept: ${files} files, signed in ${record}`].map((line) => `${line}\n`).join('');
}

async function keepHere(given: ReportGiven, terminal: Terminal): Promise<KeptReport> {
  const config = await readConfig(given.config, undefined);
  const redactor = new Redactor();
  const rulesOf = await rulesFrom(given);
  const notified = await notifierFrom(given, redactor, terminal);
  const storage = await openStorage(given, { option: 'from', mustExist: true, use: 'reports' }, terminal);
  const { place, isFolder } = storage;
  try {
    return await runReport({
      ...partsOf(storage),
      ...{ input: {}, redactor, clock: terminal.clock, interrupt: terminal.interrupt },
      rulesOf,
      installation: { config, name: null, place: isFolder ? resolve(place) : place, isFolder, isDeployed: null },
      ...notified,
    });
  } finally {
    await storage.close();
  }
}

/** An execution that failed, under the name of its first error. */
class ReportFailed extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

async function keepInAws(given: ReportGiven, terminal: Terminal): Promise<KeptReport> {
  const { openInstallation } = await import('../../aws/open.ts');
  const { watch } = await import('../../aws/watch.ts');
  const { failureOf } = await import('../../aws/results.ts');
  const aws = await openInstallation(given, terminal);
  try {
    const now = terminal.clock.now();
    const name = executionName('report', now, String(now.getMilliseconds()).padStart(3, '0'));
    const started = await aws.sfn.start(machineOf(aws.installation, 'report').arn, name, {});
    const ended = started && (await watch(started.arn, aws, terminal));
    if (!ended)
      throw new Interrupted('Whether the report was kept is not known: offsite report --open shows the newest.');
    if (ended.status === 'SUCCEEDED') return keptIn(ended.output);
    const { error, message } = failureOf(ended, 'report');
    throw new ReportFailed(error, message);
  } finally {
    aws.close();
  }
}

function keptIn(output: unknown): KeptReport {
  const parsed = KeptReport.safeParse(output);
  if (parsed.success) return parsed.data;
  throw new ContractViolation('The report was kept, but says so in words that this version does not know.');
}

import { configDigest } from '../../../config/config-digest.ts';
import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { checked, notChecked, ok, warning } from '../../../doctor/check.ts';
import { checkClock } from '../../../doctor/clock.ts';
import type { Check } from '../../../doctor/contract.ts';
import { Diagnosis } from '../../../doctor/contract.ts';
import { manifestsOf } from '../../../storage/layout.ts';
import { S3Requests } from '../../../storage/s3-requests.ts';
import { storeTime } from '../../../storage/store-time.ts';
import { type Deployed, openInstallation } from '../../aws/open.ts';
import { failureOf } from '../../aws/results.ts';
import { runDecision } from '../../aws/run-machine.ts';
import { exportSchedules } from '../../aws/schedules.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import type { Terminal } from '../../usage.ts';
import type { doctorLiteral } from './command.ts';
import { findingsOf } from './configuration.ts';

/** What this person may see of the installation, and what a function in its VPC sees of manager and bucket. */
export async function checksInAws(
  manager: string,
  given: Given<typeof doctorLiteral>,
  terminal: Terminal,
): Promise<readonly Check[]> {
  let aws: Deployed | undefined;
  const found = await checked('stack', async () => {
    aws = await openInstallation(given, terminal);
    const { name, bucket } = aws.installation;
    return ok('stack', `${name} is deployed, with the bucket ${bucket}`);
  });
  if (!aws) return [...found, notChecked('manager', 'the stack cannot be asked')];
  try {
    const { name } = aws.installation;
    const config = await readConfig(given.config, name);
    return [...found, ...configurationOf(config, aws), ...(await ofAws(manager, aws, terminal))];
  } finally {
    aws.close();
  }
}

function configurationOf(config: OffsiteConfig | undefined, { installation }: Deployed): readonly Check[] {
  const what = 'configuration';
  if (!config) return [notChecked(what, 'add --config FILE, or run the command in the folder of its cdk.json')];
  const same = configDigest(config) === installation.configuration;
  const deployed = same
    ? ok('deployed configuration', 'is this configuration')
    : warning(
        'deployed configuration',
        'is another one than this file has. Deploy it, or name the file that is deployed.',
      );
  return [...findingsOf(config, false), deployed];
}

async function ofAws(manager: string, aws: Deployed, terminal: Terminal): Promise<readonly Check[]> {
  const { archive, storage } = aws;
  const { clock, interrupt } = terminal;
  return [
    ...(await checked('bucket', async () => {
      await archive.records.list(manifestsOf(manager));
      return ok('bucket', `${storage.place} can be listed with these credentials`);
    })),
    ...(await checked('clock of the store', async () => {
      const date = await storeTime(new S3Requests(storage.s3, storage.bucket, interrupt));
      return checkClock('clock of the store', date, clock.now());
    })),
    ...(await checked('schedule', () => scheduleOf(manager, aws, terminal))),
    ...(await checked('diagnosis', () => diagnosed(manager, aws, terminal))),
    notChecked(
      'write',
      'nothing is written for a check in AWS. Functions have the rights of docs/reference/permissions.md.',
    ),
  ];
}

async function scheduleOf(manager: string, aws: Deployed, terminal: Terminal): Promise<Check> {
  const schedules = await exportSchedules([manager], aws, terminal);
  if (!schedules) return notChecked('schedule', 'these credentials may not ask the scheduler');
  const found = schedules.get(manager);
  if (!found) return warning('schedule', 'no schedule exports this manager: backups are started by hand');
  const { expression, timeZone, isEnabled } = found;
  if (isEnabled) return ok('schedule', `${expression}, ${timeZone}`);
  return warning('schedule', `${expression} is disabled: no backup starts by itself. Enable it, or deploy again.`);
}

/** The lines of the function, which are about the function's own machine. */
async function diagnosed(manager: string, aws: Deployed, terminal: Terminal): Promise<readonly Check[]> {
  const run = await runDecision({ kind: 'diagnose', manager, words: ['diagnose'], input: { manager } }, aws, terminal);
  if (!run) return [notChecked('diagnosis', 'it was not waited for')];
  if (run.ended.status === 'SUCCEEDED') return Diagnosis.parse(run.ended.output).checks;
  const { error, message } = failureOf(run.ended, 'diagnosis');
  return [{ what: 'diagnosis', state: 'failed', text: `${error}: ${message}` }];
}

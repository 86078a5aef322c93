import { mapAtMost } from '../../base/concurrency.ts';
import type { DeployedSchedule } from '../../base/deployed-schedule.ts';
import { AwsRefused } from '../../installation/errors.ts';
import { type Installation, ownersOf } from '../../installation/find-installation.ts';
import { Scheduler } from '../../installation/scheduler.ts';
import type { StepFunctions } from '../../installation/step-functions.ts';
import type { Terminal } from '../usage.ts';

/** Far below what the scheduler answers to one account (aws: quotas, GetSchedule). */
const AT_ONCE = 8;

/**
 * The schedule of the exports of each manager, null where there is none. Undefined, with the reason told: this person may
 * not ask the scheduler.
 */
export async function exportSchedules(
  managers: readonly string[],
  { installation, sfn }: { readonly installation: Installation; readonly sfn: StepFunctions },
  { err, interrupt }: Pick<Terminal, 'err' | 'interrupt'>,
): Promise<ReadonlyMap<string, DeployedSchedule | null> | undefined> {
  const scheduler = new Scheduler(interrupt);
  try {
    const owners = await ownersOf(installation, sfn);
    const find = async (manager: string) =>
      (await scheduler.find(owners.get(manager) ?? installation.name, `${manager}-export`)) ?? null;
    // The first answer says whether the others may be asked for.
    const [first, ...rest] = managers;
    const found = first === undefined ? [] : [await find(first), ...(await mapAtMost(AT_ONCE, rest, find))];
    return new Map(managers.map((manager, at) => [manager, found[at] ?? null]));
  } catch (error) {
    if (!(error instanceof AwsRefused)) throw error;
    err.write(`offsite: the schedules were not asked for, and NEXT RUN is by the file: ${error.message}\n`);
    return undefined;
  } finally {
    scheduler.close();
  }
}

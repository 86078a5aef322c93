import type { DeployedSchedule } from '../../base/deployed-schedule.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { asDeployed } from '../../status/as-deployed.ts';
import { type Expected, expectedOf } from '../../status/expected.ts';

/** What is expected of each manager: by the scheduler where it was asked, else by the configuration. */
export function expectedBy(
  config: OffsiteConfig | undefined,
  deployed: ReadonlyMap<string, DeployedSchedule | null> | undefined,
  now: Date,
): (manager: string) => Expected {
  return (manager) => {
    const byFile = expectedOf(config, manager, now);
    const schedule = deployed?.get(manager);
    return schedule === undefined ? byFile : asDeployed(byFile, schedule, now);
  };
}

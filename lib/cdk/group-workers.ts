import { NestedStack } from 'aws-cdk-lib';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { managerTags } from '../base/group-names.ts';
import type { ManagerGroup } from '../config/groups.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import type { Alarms } from './alarms.ts';
import { Functions } from './functions.ts';
import type { Places } from './grants.ts';
import { groupMachines, Machines } from './machines.ts';
import { callDaily } from './ready-calls.ts';
import type { Schedules } from './schedules.ts';
import { watchMachines } from './watch-installation.ts';

interface Props {
  readonly config: OffsiteConfig;
  readonly group: ManagerGroup;
  readonly placesIn: (stack: NestedStack, group: ManagerGroup) => Places;
  readonly bucketName: string;
  /** What every group uses: the functions that talk to no manager, their code, and the logs. */
  readonly shared: Functions;
  readonly machineLogs: logs.ILogGroup;
  readonly tags: Readonly<Record<string, string>>;
  readonly alarms: Alarms;
  readonly schedules: Schedules;
}

/**
 * The functions that talk to the managers of one group, which read the secrets of that group and no others, and the state
 * machines that call them. A nested stack of their own: they are 40 resources, of 500 that a stack has room for.
 */
export class GroupWorkers extends NestedStack {
  constructor(scope: Construct, props: Props) {
    const { config, group, placesIn, bucketName, shared, machineLogs, tags, alarms, schedules } = props;
    const name = group.name ?? '';
    super(scope, `workers-${name}`);
    const functions = new Functions(this, 'Functions', {
      config,
      places: placesIn(this, group),
      bucketName,
      group: name,
      shared,
    });
    const machines = new Machines(this, 'Machines', {
      config,
      functions,
      tags: { ...tags, ...managerTags(group.managers.map(({ id }) => id)) },
      names: groupMachines,
      group: name,
      logGroup: machineLogs,
    });
    watchMachines(this, machines.all, { alarms, config, group: name });
    if (config.network) callDaily(this, schedules, functions, name);
  }
}

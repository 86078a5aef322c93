import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { groupedName } from '../base/group-names.ts';
import { type MachineName, machineNames } from '../base/machine-names.ts';
import { groupsOf } from '../config/groups.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { functionName } from '../workflow/steps.ts';
import { executionsOf, functionArn, machineArn, machineName } from './arns.ts';
import type { Places } from './grants.ts';
import { groupMachines } from './machines.ts';
import { wildcards } from './nag-reasons.ts';
import { PEOPLE, type PeoplePlaces, type PersonName, personNames, type Right } from './people.ts';

/** Policies to attach to people, one for each kind of work; the stack attaches them to nobody. */
export class ManagedPolicies extends Construct {
  constructor(scope: Construct, id: string, { name, managers }: OffsiteConfig, places: Places) {
    super(scope, id);
    const owners = [name, ...(groupsOf(managers).length > 1 ? [groupedName(name, '*')] : [])];
    const people = peoplePlaces(Stack.of(this), owners, places);
    for (const person of personNames) this.#policy(person, name, people);
  }

  #policy(person: PersonName, installation: string, places: PeoplePlaces): void {
    const { does, rights } = PEOPLE[person];
    const granted = rights(places);
    const policy = new iam.ManagedPolicy(this, person, {
      // IAM is one for all regions: an installation of the same name in another region has policies of its own.
      managedPolicyName: `${installation}-${person}-${places.region}`,
      // The address of the first version: another description would replace a policy that has a name, and IAM refuses that.
      description: `cloudify-offsite: ${does} (docs/permissions.md)`,
      statements: granted.map(statementOf),
    });
    wildcards(
      policy,
      'prefixes of the table',
      granted.flatMap(({ resources }) => resources),
    );
    new CfnOutput(this, `${person}Policy`, {
      value: policy.managedPolicyArn,
      description: `For an ${person}: ${does}`,
    });
  }
}

function statementOf({ effect, actions, resources, conditions }: Right): iam.PolicyStatement {
  return new iam.PolicyStatement({
    effect: effect === 'Deny' ? iam.Effect.DENY : iam.Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions ? { conditions: structuredClone(conditions) as Record<string, object> } : {}),
  });
}

/** `owners`: what the names of machines and functions begin with. */
function peoplePlaces(stack: Stack, owners: readonly string[], { bucket, key, region }: Places): PeoplePlaces {
  // The others are of all groups together.
  const all = namesOfAll(owners);
  const ownersOf = (name: MachineName) => (groupMachines.includes(name) ? owners : owners.slice(0, 1));
  return {
    ...{ bucket, key, region },
    machine: (name) => ownersOf(name).map((owner) => machineArn(stack, machineName(owner, name))),
    executions: (name) => ownersOf(name).map((owner) => executionsOf(stack, machineName(owner, name))),
    all: {
      machines: all.map((name) => machineArn(stack, name)),
      executions: all.map((name) => executionsOf(stack, name)),
    },
    step: (name) => owners.map((owner) => functionArn(stack, functionName(owner, name))),
    // One pattern for all groups.
    schedules: [
      stack.formatArn({
        service: 'scheduler',
        resource: 'schedule',
        resourceName: owners.length > 1 ? `${owners[0]}*/*` : `${owners[0]}/*`,
      }),
    ],
  };
}

/**
 * Those whose names are the shortest are one pattern: a policy has room for 6,144 characters, and each ARN takes 95 of them.
 * The names of another installation that begin like ours are longer: `offsite--export`, `offsite-2-export`.
 */
function namesOfAll([own = '', ...groups]: readonly string[]): string[] {
  const shortest = Math.min(...machineNames.map(({ length }) => length));
  const patterns = machineNames.map((name) => (name.length > shortest ? name : '?'.repeat(shortest)));
  return [
    ...[...new Set(patterns)].map((name) => machineName(own, name)),
    ...groups.flatMap((owner) => groupMachines.map((name) => machineName(owner, name))),
  ];
}

import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { groupedName } from '../base/group-names.ts';
import { type MachineName, machineNames } from '../base/machine-names.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { allStates, loadMachine, stepOf } from '../workflow/definition.ts';
import { steps } from '../workflow/steps.ts';
import { machineName } from './arns.ts';
import type { Functions } from './functions.ts';
import { encryptLogs } from './log-encryption.ts';
import { wildcards } from './nag-reasons.ts';
import { forThisAccount } from './trust.ts';

interface Props {
  readonly config: OffsiteConfig;
  readonly functions: Functions;
  /** By these a command line finds everything else, from Step Functions alone. */
  readonly tags: Readonly<Record<string, string>>;
  /** Of a group of managers: its name, the machines that talk to managers, and the log of all machines. */
  readonly group?: string;
  readonly names?: readonly MachineName[];
  readonly logGroup?: logs.ILogGroup;
}

const stepsOf = (name: MachineName) =>
  [...allStates(loadMachine(name).States)].flatMap(([, state]) => stepOf(state) ?? []);

/** What every group of managers has of its own. */
export const groupMachines = machineNames.filter((name) =>
  stepsOf(name).some((step) => steps[step].touches.includes('secret:read')),
);

/** The state machines, with the functions' ARNs in place of the steps' names: CloudFormation knows them. */
export class Machines extends Construct {
  readonly logGroup: logs.ILogGroup;
  readonly all: ReadonlyMap<string, sfn.StateMachine>;

  constructor(scope: Construct, id: string, { config, functions, tags, group, names, logGroup }: Props) {
    super(scope, id);
    this.logGroup = logGroup ?? this.#logs(config, functions.keyArn);
    wildcards(this, 'logs and traces of machines', ['*']);
    const owner = groupedName(config.name, group);
    this.all = new Map((names ?? machineNames).map((name) => [name, this.#machine(name, owner, functions)]));
    for (const machine of this.all.values())
      for (const [key, value] of Object.entries(tags)) Tags.of(machine).add(key, value);
  }

  get arns(): string[] {
    return [...this.all.values()].map((machine) => machine.stateMachineArn);
  }

  #logs(config: OffsiteConfig, keyArn: string): logs.ILogGroup {
    const group = new logs.LogGroup(this, 'Logs', {
      // Under this prefix the policy of log deliveries does not grow with each log group (aws: Step Functions, logging).
      logGroupName: `/aws/vendedlogs/states/${config.name}`,
      retention: config.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    encryptLogs(group, config, keyArn);
    return group;
  }

  #machine(name: MachineName, owner: string, functions: Functions): sfn.StateMachine {
    const definition = loadMachine(name);
    const arns = Object.fromEntries(
      [...new Set(stepsOf(name))].sort().map((step) => [step, functions.of(step).functionArn]),
    );
    return new sfn.StateMachine(this, name, {
      stateMachineName: machineName(owner, name),
      definitionBody: sfn.DefinitionBody.fromString(JSON.stringify(definition, null, 2)),
      definitionSubstitutions: arns,
      role: new iam.Role(this, `${name}Role`, {
        description: `State machine ${name} of cloudify-offsite calls its functions with it.`,
        assumedBy: forThisAccount(this, 'states'),
        inlinePolicies: {
          functions: new iam.PolicyDocument({
            statements: [
              new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: Object.values(arns) }),
            ],
          }),
        },
      }),
      // Not the data: inputs are typed by people, and messages of managers pass through.
      logs: { destination: this.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
  }
}

import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { allStates, loadMachine, type MachineName, machineNames, stepOf } from '../workflow/definition.ts';
import { machineName } from './arns.ts';
import type { Functions } from './functions.ts';
import { wildcards } from './nag-reasons.ts';
import { forThisAccount } from './trust.ts';

interface Props {
  readonly config: OffsiteConfig;
  readonly functions: Functions;
  /** By these a command line finds everything else, from Step Functions alone. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The state machines, with the functions' ARNs in place of the steps' names: CloudFormation knows them. */
export class Machines extends Construct {
  readonly logGroup: logs.LogGroup;
  readonly all: ReadonlyMap<string, sfn.StateMachine>;

  constructor(scope: Construct, id: string, { config, functions, tags }: Props) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      // Under this prefix the policy of log deliveries does not grow with each log group (aws: Step Functions, logging).
      logGroupName: `/aws/vendedlogs/states/${config.name}`,
      retention: config.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    wildcards(this, 'logs and traces of machines', ['*']);
    this.all = new Map(machineNames.map((name) => [name, this.#machine(name, config.name, functions)]));
    for (const machine of this.all.values())
      for (const [key, value] of Object.entries(tags)) Tags.of(machine).add(key, value);
  }

  get arns(): string[] {
    return [...this.all.values()].map((machine) => machine.stateMachineArn);
  }

  #machine(name: MachineName, installation: string, functions: Functions): sfn.StateMachine {
    const definition = loadMachine(name);
    const steps = new Set([...allStates(definition.States)].flatMap(([, state]) => stepOf(state) ?? []));
    const arns = Object.fromEntries([...steps].sort().map((step) => [step, functions.of(step).functionArn]));
    return new sfn.StateMachine(this, name, {
      stateMachineName: machineName(installation, name),
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

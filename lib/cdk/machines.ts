import { readdirSync, readFileSync } from 'node:fs';
import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StepName } from '../base/step-names.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { machineName } from './arns.ts';
import type { Functions } from './functions.ts';
import { wildcards } from './nag-reasons.ts';

const folder = new URL('../../statemachines/', import.meta.url);

/** One of statemachines/*.asl.json, as text, and the steps that it calls. */
interface MachineDefinition {
  readonly name: string;
  readonly text: string;
  readonly steps: readonly StepName[];
}

/** `export`, `restore` and so on: every file of the folder. */
export function machinesOf(): MachineDefinition[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.asl.json'));
  return files.sort().map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const called = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, step]) => step as StepName);
    return { name: file.replace('.asl.json', ''), text, steps: [...new Set(called)].sort() };
  });
}

interface Props {
  readonly config: OffsiteConfig;
  readonly functions: Functions;
  /** By these a command line finds everything else, from Step Functions alone. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The state machines: their files as they stand, with the functions' ARNs in place of the steps' names. */
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
    this.all = new Map(machinesOf().map((machine) => [machine.name, this.#machine(machine, config.name, functions)]));
    for (const machine of this.all.values())
      for (const [key, value] of Object.entries(tags)) Tags.of(machine).add(key, value);
  }

  get arns(): string[] {
    return [...this.all.values()].map((machine) => machine.stateMachineArn);
  }

  #machine({ name, text, steps }: MachineDefinition, installation: string, functions: Functions): sfn.StateMachine {
    const arns = Object.fromEntries(steps.map((step) => [step, functions.of(step).functionArn]));
    return new sfn.StateMachine(this, name, {
      stateMachineName: machineName(installation, name),
      definitionBody: sfn.DefinitionBody.fromString(text),
      definitionSubstitutions: arns,
      role: new iam.Role(this, `${name}Role`, {
        description: `State machine ${name} of cloudify-offsite calls its functions with it.`,
        assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
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

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { defined } from '../base/defined.ts';
import { hours, seconds } from '../base/durations.ts';
import { groupedName } from '../base/group-names.ts';
import type { StepName } from '../base/step-names.ts';
import { stepNames } from '../base/step-names.ts';
import type { Touch } from '../base/step-spec.ts';
import { functionConfigOf } from '../config/function-config.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { fileOf, functionName, steps } from '../workflow/steps.ts';
import { bundleFunctions, CONFIG_FILE } from './bundle.ts';
import { type Grant, grantsOf, NETWORK_INTERFACES, type Places } from './grants.ts';
import { encryptLogs } from './log-encryption.ts';
import { secretPrefix } from './manager-secret.ts';
import { wildcards } from './nag-reasons.ts';
import { forThisAccount } from './trust.ts';

interface Props {
  readonly config: OffsiteConfig;
  readonly places: Places;
  readonly bucketName: string;
  /** Of the group whose managers these talk to, and what it shares with the others. */
  readonly group?: string;
  readonly shared?: Functions;
}

/** Steps that every group of managers has a function of its own for: those that read credentials. */
const talking = stepNames.filter((step) => steps[step].touches.includes('secret:read'));

/** One function per step of the table, each with a role of its own that may do what the table says, and no more. */
export class Functions extends Construct {
  readonly logGroup: logs.ILogGroup;
  /** Of the archives. */
  readonly keyArn: string;
  readonly #functions: ReadonlyMap<StepName, lambda.Function>;
  readonly #shared: Functions | undefined;
  /** Where the bundled code lies. */
  readonly #folder: string;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    this.#shared = props.shared;
    this.keyArn = props.places.key;
    this.logGroup = props.shared?.logGroup ?? this.#logs(props.config, props.places.key);
    this.#folder = props.shared ? props.shared.#folder : bundleFunctions(functionConfigOf(props.config));
    const code = lambda.Code.fromAsset(this.#folder);
    const own = props.shared ? talking : stepNames;
    this.#functions = new Map(own.map((step) => [step, this.#functionOf(step, code, props)]));
  }

  /** The roles of those whose steps touch this. */
  rolesOf(touch: Touch): iam.IRole[] {
    const touching = stepNames.filter((step) => steps[step].touches.includes(touch));
    return touching.map((step) => this.roleOf(step));
  }

  of(step: StepName): lambda.Function {
    const found = this.#functions.get(step) ?? this.#shared?.of(step);
    if (!found) throw new RangeError(`There is no function of step ${step}.`);
    return found;
  }

  roleOf(step: StepName): iam.IRole {
    const { role } = this.of(step);
    if (!role) throw new RangeError(`The function of step ${step} has no role.`);
    return role;
  }

  /** One for all functions: a run is read in one place, and one role cannot write beside it. */
  #logs(config: OffsiteConfig, keyArn: string): logs.ILogGroup {
    const removalPolicy = RemovalPolicy.DESTROY;
    const group = new logs.LogGroup(this, 'Logs', { retention: config.logDays, removalPolicy });
    encryptLogs(group, config, keyArn);
    return group;
  }

  #functionOf(step: StepName, code: lambda.Code, { config, places, bucketName, group }: Props): lambda.Function {
    const { purpose, timeoutSeconds, memoryMB, touches } = steps[step];
    const reserved = config.concurrency[step];
    const made = new lambda.Function(this, step, {
      functionName: functionName(groupedName(config.name, group), step),
      description: `${step}: ${purpose}`,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: `${fileOf(step)}.handler`,
      code,
      memorySize: memoryMB,
      timeout: Duration.seconds(timeoutSeconds),
      environment: {
        ...environmentOf(config, places, bucketName),
        ...(touches.includes('records:sign') ? { OFFSITE_SIGNING_KEY_ARN: places.signingKey } : {}),
        ...(touches.includes('manager:http') ? proxyOf(config) : {}),
        ...(touches.includes('key:describe') ? { OFFSITE_ARCHIVE_KEY_ARN: places.key } : {}),
      },
      logGroup: this.logGroup,
      role: this.#roleOf(step, places),
      ...defined({ reservedConcurrentExecutions: reserved }),
    });
    const resource = made.node.defaultChild as lambda.CfnFunction;
    // Set here and not by CDK, which would widen the role with statements of its own.
    resource.tracingConfig = { mode: 'Active' };
    if (config.network && touches.includes('manager:http')) {
      const { subnetIds, securityGroupIds } = config.network;
      resource.vpcConfig = { subnetIds, securityGroupIds };
    }
    return made;
  }

  #roleOf(step: StepName, places: Places): iam.Role {
    const { touches } = steps[step];
    const log: Grant = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    };
    const inVpc = places.inVpc && touches.includes('manager:http');
    const grants = grantsOf(touches, places);
    const role = new iam.Role(this, `${step}Role`, {
      description: `What step ${step} of cloudify-offsite may do (docs/reference/permissions.md).`,
      assumedBy: forThisAccount(this, 'lambda'),
      inlinePolicies: {
        // A step that touches nothing, or a group without managers, has no such policy: IAM takes none without statements.
        ...(grants.length > 0 ? { table: documentOf(grants) } : {}),
        runtime: documentOf([log, TRACE], inVpc ? [this.#onlyByLambda(step)] : []),
      },
    });
    wildcards(
      role,
      'prefixes of the table',
      [...grants, log, TRACE].flatMap(({ resources }) => resources),
    );
    return role;
  }

  /** Lambda makes the network interfaces with the function's own role; the code in it may not (aws: Lambda, VPC). */
  #onlyByLambda(step: StepName): iam.PolicyStatement {
    const arn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: `*-${fileOf(step)}`,
    });
    return new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      actions: NETWORK_INTERFACES,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': arn.replace(':function/', ':function:') } },
    });
  }
}

/** Traces have no ARN. */
const TRACE: Grant = { actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] };

export function documentOf(grants: readonly Grant[], more: readonly iam.PolicyStatement[] = []): iam.PolicyDocument {
  const statements = grants.map(
    ({ actions, resources, conditions }) =>
      new iam.PolicyStatement({
        actions: [...actions],
        resources: [...resources],
        ...(conditions ? { conditions: structuredClone(conditions) as Record<string, object> } : {}),
      }),
  );
  return new iam.PolicyDocument({ statements: [...statements, ...more] });
}

/** What the runtime of Lambda itself asks is on this machine, and stays there. */
const ON_THIS_MACHINE = ['localhost', '127.0.0.1', '169.254.0.0/16'];

/** Of functions in the VPC: those outside reach no proxy inside it. */
function proxyOf({ network }: OffsiteConfig): Record<string, string> {
  if (!network?.proxy) return {};
  const { url, noProxy, secret } = network.proxy;
  return {
    ...defined({ OFFSITE_PROXY_SECRET: secret?.id }),
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    NO_PROXY: [...ON_THIS_MACHINE, ...noProxy].join(','),
  };
}

/** Everything that lib/lambda/runtime.ts reads. */
function environmentOf(config: OffsiteConfig, places: Places, bucketName: string): Record<string, string> {
  const { transfer, deadlines } = config;
  return {
    OFFSITE_BUCKET: bucketName,
    OFFSITE_CONFIG_FILE: CONFIG_FILE,
    OFFSITE_SECRET_PREFIX: secretPrefix(config.name),
    OFFSITE_TOPIC_ARN: places.topic,
    ...defined({ OFFSITE_FAILURES_TOPIC_ARN: places.failuresTopic }),
    OFFSITE_SPAN_SIZE: String(transfer.spanMiB * 1024 ** 2),
    OFFSITE_URL_BYTES_PER_SECOND: String(Math.round(transfer.urlMBPerSecond * 1e6)),
    OFFSITE_RESTORE_DEADLINE_SECONDS: String(Math.round(hours(deadlines.restoreHours) / seconds(1))),
  };
}

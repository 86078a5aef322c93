import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod';
import { s3Client } from './archive/s3-client.ts';
import { ArchiveStore } from './archive/store.ts';
import { InvalidConfiguration, InvalidSecret, ManagerUnavailable, ReportFailed } from './errors.ts';
import { describeIssues } from './issues.ts';
import { Managers } from './manager/managers.ts';
import { Redactor } from './redact.ts';
import { defaults, type Settings } from './settings.ts';
import type { Clock, Deps, Executions, Notifier } from './step.ts';

/** The environment of a function, and the only place where it is read. Names: docs/configuration.md. */
const Environment = z.object({
  OFFSITE_BUCKET: z.string().min(3),
  /** Secret of manager `m1` is `<prefix>m1`. */
  OFFSITE_SECRET_PREFIX: z.string().default('offsite/managers/'),
  OFFSITE_TOPIC_ARN: z.string().optional(),
  OFFSITE_SNAPSHOT_DEADLINE_SECONDS: z.coerce.number().int().positive().default(defaults.snapshotDeadlineSeconds),
  OFFSITE_KEEP_ON_MANAGER: z.coerce.number().int().min(1).default(defaults.keepOnManager),
  OFFSITE_SPAN_SIZE: z.coerce.number().int().positive().default(defaults.spanSize),
});

let built: Deps | undefined;

/** Builds what steps use, once per process, when the first event comes. Throws `InvalidConfiguration`. */
export function runtime(): Deps {
  built ??= build(process.env);
  return built;
}

function build(variables: NodeJS.ProcessEnv): Deps {
  const parsed = Environment.safeParse(variables);
  if (!parsed.success) {
    throw new InvalidConfiguration(`The function's environment is not valid: ${describeIssues(parsed.error)}.`);
  }
  const env = parsed.data;
  const settings: Settings = {
    ...defaults,
    snapshotDeadlineSeconds: env.OFFSITE_SNAPSHOT_DEADLINE_SECONDS,
    keepOnManager: env.OFFSITE_KEEP_ON_MANAGER,
    spanSize: env.OFFSITE_SPAN_SIZE,
  };
  const redactor = new Redactor();
  const signal = new AbortController().signal;
  const secrets = secretsManager(env.OFFSITE_SECRET_PREFIX);
  return {
    managers: new Managers(secrets, { settings, redactor, signal, now: clock.now }),
    archive: new ArchiveStore(s3Client(), env.OFFSITE_BUCKET, signal),
    executions: stepFunctions(),
    notifier: topic(env.OFFSITE_TOPIC_ARN),
    clock,
    log: logger(redactor),
    metrics: metrics(),
    progress: { bytes: () => undefined },
    redactor,
    settings,
    signal,
  };
}

const clock: Clock = {
  now: () => new Date(),
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  },
};

function secretsManager(prefix: string) {
  const client = new SecretsManagerClient();
  return {
    async read(manager: string): Promise<string> {
      const SecretId = `${prefix}${manager}`;
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
        if (SecretString) return SecretString;
      } catch (error) {
        const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
        const status = $metadata?.httpStatusCode ?? 500;
        if (status >= 500 || name === 'ThrottlingException') {
          throw new ManagerUnavailable(
            `Secrets Manager does not give the secret of manager ${manager} just now (${name}).`,
          );
        }
        throw new InvalidSecret(
          `The secret ${SecretId} of manager ${manager} cannot be read (${name}). Does it exist, and may this function read it?`,
        );
      }
      throw new InvalidSecret(
        `The secret ${SecretId} of manager ${manager} is empty. docs/secret.md shows its fields.`,
      );
    },
  };
}

function stepFunctions(): Executions {
  const client = new SFNClient();
  return {
    async isRunning(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'ended';
      } catch {
        // Not found (90 days are over), not allowed, or no ARN at all: the age of the claim decides.
        return 'unknown';
      }
    },
  };
}

function topic(arn: string | undefined): Notifier {
  if (arn === undefined) return { publish: async () => undefined };
  const client = new SNSClient();
  return {
    async publish(subject, body) {
      const Message = JSON.stringify(body, null, 2);
      try {
        await client.send(new PublishCommand({ TopicArn: arn, Subject: subject.slice(0, 100), Message }));
      } catch (error) {
        const name = error instanceof Error ? error.name : 'unknown error';
        throw new ReportFailed(`The report could not be sent to ${arn} (${name}): ${subject}.`);
      }
    },
  };
}

function logger(redactor: Redactor): Deps['log'] {
  const powertools = new Logger({ serviceName: 'cloudify-offsite' });
  const clean = (facts: Record<string, unknown> = {}) => redactor.cleanJson(facts);
  return {
    info: (message, facts) => powertools.info(redactor.clean(message), clean(facts)),
    warn: (message, facts) => powertools.warn(redactor.clean(message), clean(facts)),
    error: (message, facts) => powertools.error(redactor.clean(message), clean(facts)),
  };
}

function metrics(): Deps['metrics'] {
  const powertools = new Metrics({ namespace: 'CloudifyOffsite', serviceName: 'export' });
  return {
    put(name, unit, value, manager) {
      const single = powertools.singleMetric();
      single.addDimension('manager', manager);
      single.addMetric(name, unit, value);
    },
  };
}

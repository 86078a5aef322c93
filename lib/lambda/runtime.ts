import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { hours, seconds } from '../base/durations.ts';
import { InvalidConfiguration } from '../base/errors.ts';
import { limitMemory } from '../base/memory.ts';
import { defaults, MOST_RESTORE_HOURS } from '../base/settings.ts';
import { systemClock } from '../base/system-clock.ts';
import { describeIssues } from '../base/zod-issues.ts';
import { FunctionConfig } from '../config/function-config.ts';
import type { Deps } from '../deps.ts';
import { type Proxies, proxiesFrom } from '../network/proxies.ts';
import { ProxyLogin } from './proxy-login.ts';

/** As many looks as the history of an execution, and its 48 h, have room for (test/limits.test.ts). */
const secondsUpTo = (longest: number) =>
  z.coerce
    .number()
    .int()
    .positive()
    .max(longest / seconds(1));

/** The environment of a function, and the only place where it is read. Names: docs/reference/configuration.md. */
const Environment = z.object({
  OFFSITE_BUCKET: z.string().min(3),
  /** Secret of manager `m1` is `<prefix>m1`. */
  OFFSITE_SECRET_PREFIX: z.string().default('offsite/managers/'),
  /** In KMS; only functions that sign records have it. OFFSITE_SIGNING_KEY is the command line's: the name of a file. */
  OFFSITE_SIGNING_KEY_ARN: z.string().optional(),
  /** Of the archives; only the function that looks whether it is in danger has it. */
  OFFSITE_ARCHIVE_KEY_ARN: z.string().optional(),
  OFFSITE_TOPIC_ARN: z.string().optional(),
  OFFSITE_FAILURES_TOPIC_ARN: z.string().optional(),
  /** What is configured of each manager; a relative path begins at the function's code. */
  OFFSITE_CONFIG_FILE: z.string().optional(),
  LAMBDA_TASK_ROOT: z.string().default('.'),
  /** MiB; AWS sets it. */
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().positive().optional(),
  /** Of the proxy that HTTPS_PROXY names; only functions in the VPC have it. */
  OFFSITE_PROXY_SECRET: z.string().optional(),
  OFFSITE_SPAN_SIZE: z.coerce.number().int().positive().default(defaults.spanSize),
  OFFSITE_URL_BYTES_PER_SECOND: z.coerce.number().int().positive().default(defaults.urlBytesPerSecond),
  OFFSITE_RESTORE_DEADLINE_SECONDS: secondsUpTo(hours(MOST_RESTORE_HOURS)).default(defaults.restoreDeadlineSeconds),
});

let built: { readonly deps: Promise<Deps>; readonly through: string } | undefined;
let login: ProxyLogin | undefined;

/**
 * Builds what steps use, once per process, when the first event comes, and anew when the proxy has another login. Throws
 * `InvalidConfiguration`, `InvalidSecret`.
 */
export async function runtime(): Promise<Deps> {
  const proxies = await proxiesIn(process.env);
  const through = JSON.stringify([proxies.http?.url, proxies.https?.url]);
  if (built?.through !== through) {
    // One event after another: nobody uses the old connections any more.
    void built?.deps.then(({ managers }) => managers.close()).catch(() => undefined);
    built = { deps: build(process.env, proxies), through };
  }
  try {
    return await built.deps;
  } catch (error) {
    built = undefined;
    throw error;
  }
}

async function proxiesIn(variables: NodeJS.ProcessEnv): Promise<Proxies> {
  const proxies = proxiesFrom(variables);
  const secret = variables['OFFSITE_PROXY_SECRET'];
  if (secret === undefined) return proxies;
  login ??= new ProxyLogin(secret, () => systemClock.now());
  return await login.added(proxies);
}

async function build(variables: NodeJS.ProcessEnv, proxies: Proxies): Promise<Deps> {
  if (variables['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new InvalidConfiguration(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates. Remove it from the environment of the function.',
    );
  }
  const parsed = Environment.safeParse(variables);
  if (!parsed.success) {
    throw new InvalidConfiguration(`The function's environment is not valid: ${describeIssues(parsed.error)}.`);
  }
  const env = parsed.data;
  const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memory } = env;
  if (memory !== undefined) limitMemory(memory * 1024 ** 2);
  // Loaded here and not above: on one machine the same steps run without any of it.
  const { awsDeps } = await import('./deps.ts');
  return awsDeps({
    bucket: env.OFFSITE_BUCKET,
    secretPrefix: env.OFFSITE_SECRET_PREFIX,
    config: env.OFFSITE_CONFIG_FILE
      ? await readConfig(resolve(env.LAMBDA_TASK_ROOT, env.OFFSITE_CONFIG_FILE))
      : undefined,
    signingKey: env.OFFSITE_SIGNING_KEY_ARN,
    archiveKey: env.OFFSITE_ARCHIVE_KEY_ARN,
    topicArn: env.OFFSITE_TOPIC_ARN,
    failuresTopicArn: env.OFFSITE_FAILURES_TOPIC_ARN,
    network: { proxies },
    settings: {
      ...defaults,
      spanSize: env.OFFSITE_SPAN_SIZE,
      urlBytesPerSecond: env.OFFSITE_URL_BYTES_PER_SECOND,
      restoreDeadlineSeconds: env.OFFSITE_RESTORE_DEADLINE_SECONDS,
    },
  });
}

/** Throws `InvalidConfiguration`: better no backup and an alarm than one that keeps other days than it was told. */
async function readConfig(file: string): Promise<FunctionConfig> {
  const parsed = FunctionConfig.safeParse(await readJson(file));
  if (parsed.success) return parsed.data;
  throw new InvalidConfiguration(
    `${file} is not what this version of the functions understands: ${describeIssues(parsed.error)}. Deploy again.`,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidConfiguration(
      `OFFSITE_CONFIG_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

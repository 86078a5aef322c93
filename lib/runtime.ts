import * as z from 'zod';
import { InvalidConfiguration } from './errors.ts';
import { describeIssues } from './issues.ts';
import { defaults } from './settings.ts';
import type { Deps } from './step.ts';

/** As many looks as the history of an execution, and its 48 h, have room for (test/limits.test.ts). */
const seconds = (most: number) => z.coerce.number().int().positive().max(most);

/** The environment of a function, and the only place where it is read. Names: docs/configuration.md. */
const Environment = z.object({
  OFFSITE_BUCKET: z.string().min(3),
  /** Secret of manager `m1` is `<prefix>m1`. */
  OFFSITE_SECRET_PREFIX: z.string().default('offsite/managers/'),
  OFFSITE_TOPIC_ARN: z.string().optional(),
  OFFSITE_SNAPSHOT_DEADLINE_SECONDS: seconds(20 * 3600).default(defaults.snapshotDeadlineSeconds),
  OFFSITE_KEEP_ON_MANAGER: z.coerce.number().int().min(1).default(defaults.keepOnManager),
  OFFSITE_SPAN_SIZE: z.coerce.number().int().positive().default(defaults.spanSize),
  OFFSITE_URL_BYTES_PER_SECOND: z.coerce.number().int().positive().default(defaults.urlBytesPerSecond),
  OFFSITE_RESTORE_DEADLINE_SECONDS: seconds(24 * 3600).default(defaults.restoreDeadlineSeconds),
});

let built: Promise<Deps> | undefined;

/** Builds what steps use, once per process, when the first event comes. Throws `InvalidConfiguration`. */
export async function runtime(): Promise<Deps> {
  built ??= build(process.env).catch((error: unknown) => {
    built = undefined;
    throw error;
  });
  return await built;
}

async function build(variables: NodeJS.ProcessEnv): Promise<Deps> {
  const parsed = Environment.safeParse(variables);
  if (!parsed.success) {
    throw new InvalidConfiguration(`The function's environment is not valid: ${describeIssues(parsed.error)}.`);
  }
  const env = parsed.data;
  // Loaded here and not above: on one machine the same steps run without any of it.
  const { awsDeps } = await import('./aws.ts');
  return awsDeps({
    bucket: env.OFFSITE_BUCKET,
    secretPrefix: env.OFFSITE_SECRET_PREFIX,
    topicArn: env.OFFSITE_TOPIC_ARN,
    settings: {
      ...defaults,
      snapshotDeadlineSeconds: env.OFFSITE_SNAPSHOT_DEADLINE_SECONDS,
      keepOnManager: env.OFFSITE_KEEP_ON_MANAGER,
      spanSize: env.OFFSITE_SPAN_SIZE,
      urlBytesPerSecond: env.OFFSITE_URL_BYTES_PER_SECOND,
      restoreDeadlineSeconds: env.OFFSITE_RESTORE_DEADLINE_SECONDS,
    },
  });
}

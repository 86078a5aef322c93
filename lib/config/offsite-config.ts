import * as z from 'zod';
import { hours, seconds } from '../base/durations.ts';
import { InvalidConfiguration } from '../base/errors.ts';
import { ManagerId } from '../base/ids.ts';
import { defaults, MOST_APPROVAL_AND_RESTORE_HOURS, MOST_RESTORE_HOURS } from '../base/settings.ts';
import { stepNames } from '../base/step-names.ts';
import { describeIssues } from '../base/zod-issues.ts';
import { knownFields } from './known-fields.ts';
import { LocalConfig } from './local-config.ts';
import { ManagerConfig, ManagerDefaults } from './manager-config.ts';
import { Notifications } from './notifications.ts';
import { ConfigVersion, protectionsOf, Restores } from './protections.ts';
import { ResourceTags } from './resource-tags.ts';
import { RetentionPolicy } from './retention.ts';
import { ImportedSecret, idOf, ScheduleExpression } from './schemas.ts';
import { Signatures } from './signatures.ts';
import { StorageConfig } from './storage-config.ts';

/** Retention of a log group: the numbers that CloudWatch Logs knows (aws: PutRetentionPolicy). */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const MiB = 1024 ** 2;

/** Names of schedules have 64 characters (aws: CreateSchedule), the longest ends with `-reconcile`. */
const MOST_ID = 54;

/** For managers and AWS, from the functions in the VPC. */
const FunctionProxy = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be the address of an HTTP proxy, such as http://proxy.example.com:3128' })
    .refine(
      (url) => !URL.parse(url)?.username && !URL.parse(url)?.password,
      'must not hold a user name or password: the environment of functions is no place for them. Write network.proxy.secret, or let the proxy admit the subnets',
    ),
  /** As NO_PROXY has them: hosts with everything below them, addresses, networks. */
  noProxy: z
    .array(z.string().regex(/^[^\s,]{1,253}$/, 'must be one host, address or network'))
    .max(50)
    .default([]),
  /** Its user and password, JSON with `username` and `password`; left out: it asks for none. Read without the proxy. */
  secret: ImportedSecret.optional(),
});

/** Where functions that talk to managers run: managers are usually private. The others stay outside. */
const Network = z.strictObject({
  subnetIds: z.array(idOf('subnet')).min(1).max(16),
  securityGroupIds: z.array(idOf('sg')).min(1).max(5),
  proxy: FunctionProxy.optional(),
});

/** Once a week part of the archives is read again, all of them in turn. */
const Verification = z.strictObject({
  schedule: ScheduleExpression.nullable().default('cron(0 12 ? * 1 *)'),
});

/** Once a day each manager's schedule, records, objects and snapshots are compared, in its own time zone. */
const Reconciliation = z.strictObject({
  schedule: ScheduleExpression.nullable().default('cron(0 9 * * ? *)'),
});

/** Once a month a report of all managers is kept in the bucket, and somebody is told. */
const Report = z.strictObject({
  schedule: ScheduleExpression.nullable().default('cron(0 7 1 * ? *)'),
});

/** The patience with restores, and when the alarm rings that an execution takes too long. */
const Deadlines = z.strictObject({
  restoreHours: z
    .number()
    .min(0.1)
    .max(MOST_RESTORE_HOURS)
    .default(seconds(defaults.restoreDeadlineSeconds) / hours(1)),
  /** An export that takes longer rings the alarm on durations; it goes on. */
  exportAlarmHours: z.number().min(0.5).max(48).default(16),
});

const Transfer = z.strictObject({
  /** MiB that one CopySpan copies. */
  spanMiB: z
    .number()
    .int()
    .min(16)
    .max(12_000)
    .default(defaults.spanSize / MiB),
  /** How fast managers are thought to fetch an archive by URL. */
  urlMBPerSecond: z
    .number()
    .min(1)
    .max(10_000)
    .default(defaults.urlBytesPerSecond / 1e6),
  /** The largest archive to be expected, to check at synth that there is room for it. */
  largestArchiveGiB: z.number().min(1).max(50_000).default(500),
});

/** Functions that may run only so often at once, in all executions together. */
const Concurrency = z.partialRecord(z.enum(stepNames), z.number().int().min(1).max(1000));

export const OffsiteConfig = z
  .strictObject({
    /** Where editors find the schema of this file; nothing else reads it. */
    $schema: z.string().optional(),
    /** Of the installation: in the names of the state machines, functions and secrets. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'must be 1-20 lower-case letters, digits or hyphens and begin with a letter')
      .default('offsite'),
    /** Which protections are on by default (./protections.ts). Only a person raises it. */
    version: ConfigVersion.default(1),
    managers: z.array(ManagerConfig).min(1, 'must name at least one manager'),
    /** Managers of which only archives are left: renamed, removed, or copied here from elsewhere. */
    formerManagers: z.array(ManagerId).max(1000).default([]),
    defaults: ManagerDefaults.prefault({}),
    retention: RetentionPolicy.prefault({}),
    storage: StorageConfig.prefault({}),
    network: Network.optional(),
    notifications: Notifications.prefault({}),
    signatures: Signatures.prefault({}),
    verification: Verification.prefault({}),
    reconciliation: Reconciliation.prefault({}),
    report: Report.prefault({}),
    restores: Restores.prefault({}),
    deadlines: Deadlines.prefault({}),
    transfer: Transfer.prefault({}),
    concurrency: Concurrency.default({}),
    tags: ResourceTags.default({}),
    /** Logs under the key of the archives. Left out: if the stack makes that key, whose policy then allows it. */
    encryptLogs: z.boolean().optional(),
    logDays: z
      .number()
      .refine((days) => LOG_DAYS.includes(days), `must be one of ${LOG_DAYS.join(', ')}`)
      .default(90),
    /** Of runs on one machine (`--local`). The stack ignores it, and `managers[].local`. */
    local: LocalConfig.optional(),
  })
  .superRefine((config, context) => {
    const wait = config.restores.approvalHours + config.deadlines.restoreHours;
    if (protectionsOf(config).approval && wait > MOST_APPROVAL_AND_RESTORE_HOURS)
      context.addIssue({
        code: 'custom',
        path: ['restores', 'approvalHours'],
        message: `and deadlines.restoreHours are ${wait} h together: ${MOST_APPROVAL_AND_RESTORE_HOURS} are the most that an execution has room for`,
      });
    const ids = config.managers.map(({ id }) => id);
    for (const [index, { id, drill }] of config.managers.entries()) {
      const refuse = (field: string[], message: string) =>
        context.addIssue({ code: 'custom', path: ['managers', index, ...field], message });
      if (id.length > MOST_ID)
        refuse(['id'], `has ${id.length} characters: here ${MOST_ID} are the most, for the names of its schedules`);
      if (ids.indexOf(id) !== index) refuse(['id'], `another manager is called ${id} already`);
      // Two managers would share one place in the bucket, and retention would count the archives of both as of one.
      if (config.formerManagers.includes(id))
        refuse(
          ['id'],
          `${id} is in formerManagers: give a new manager another id, or remove it there if it is the same one`,
        );
      if (drill && !ids.includes(drill.onto))
        refuse(['drill', 'onto'], `there is no manager ${drill.onto} in managers`);
    }
  });
export type OffsiteConfig = z.infer<typeof OffsiteConfig>;
/** As it is written: what has a default may be left out. */
export type OffsiteConfigInput = z.input<typeof OffsiteConfig>;

/** Checks it and applies every default. Throws `InvalidConfiguration` that names each wrong field by its path. */
export function parseConfig(value: unknown, what = 'The configuration "offsite"'): OffsiteConfig {
  const result = OffsiteConfig.safeParse(value);
  if (result.success) return result.data;
  const issues = describeIssues(result.error, 0, (path) => knownFields(OffsiteConfig, path));
  throw new InvalidConfiguration(`${what} is not valid: ${issues}.`);
}

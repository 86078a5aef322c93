import * as z from 'zod';
import { hours, seconds } from '../base/durations.ts';
import { ManagerId } from '../base/ids.ts';
import { defaults, MOST_SNAPSHOT_HOURS } from '../base/settings.ts';
import { ManagerLocal } from './local-config.ts';
import { ImportedSecret, ScheduleExpression, TimeZone } from './schemas.ts';

/** As `URL.host` has it, so that what is written is what is compared: no scheme, no path, no default port. */
const UrlHost = z
  .string()
  .max(260)
  .refine(
    (host) => ['http', 'https'].every((scheme) => URL.parse(`${scheme}://${host}/`)?.host === host),
    'must be a host as it is in a URL, in lower case, with its port unless that is 80 or 443: files.example.com, 10.0.0.5:8443, [fd00::5]',
  );

/** What each manager has and `defaults` gives to all: a manager's own word counts. */
const perManager = {
  /** Null: exports are started by hand only. */
  schedule: ScheduleExpression.nullable(),
  timeZone: TimeZone,
  /** Minutes after the scheduled time within which a run begins, so that not all managers begin at once; 0: at once. */
  flexibleMinutes: z.number().int().min(0).max(1440),
  keepOnManager: z.number().int().min(1).max(100),
  snapshotHours: z.number().min(0.1).max(MOST_SNAPSHOT_HOURS),
  driftPercent: z.number().min(1).max(100),
  /** The alarm rings when there was no verified archive for so long. */
  alarmAfterHours: z
    .number()
    .int()
    .min(1)
    .max(24 * 14),
};

export const ManagerDefaults = z.strictObject({
  schedule: perManager.schedule.default('cron(0 4 * * ? *)'),
  timeZone: perManager.timeZone.default('UTC'),
  flexibleMinutes: perManager.flexibleMinutes.default(15),
  keepOnManager: perManager.keepOnManager.default(defaults.keepOnManager),
  snapshotHours: perManager.snapshotHours.default(seconds(defaults.snapshotDeadlineSeconds) / hours(1)),
  driftPercent: perManager.driftPercent.default(50),
  alarmAfterHours: perManager.alarmAfterHours.optional(),
});
export type ManagerDefaults = z.infer<typeof ManagerDefaults>;

export const ManagerConfig = z.strictObject({
  id: ManagerId,
  secret: ImportedSecret.optional(),
  ...z.object(perManager).partial().shape,
  retention: z.strictObject({ held: z.number().int().min(1).max(100).optional() }).prefault({}),
  /** A restore drill may overwrite this manager. Its secret must say the same, or the drill is refused. */
  drillTarget: z.boolean().default(false),
  /** Managers whose credentials may be sent to this one, for restores of their archives. `[]`: none, on purpose. */
  restoreFrom: z.array(ManagerId).max(200).optional(),
  /** Name of one more secret whose credentials are tried on this manager after a restore. */
  restoredCredentials: ManagerId.optional(),
  /** The only hosts that `archiveUrl` may lead to; without it any that has public addresses alone. */
  archiveUrlHosts: z.array(UrlHost).max(50).optional(),
  /** Restores the newest archive of this manager to another one, regularly, and measures. */
  drill: z
    .strictObject({
      onto: ManagerId,
      schedule: ScheduleExpression.default('cron(0 10 ? * 7#1 *)'),
    })
    .optional(),
  /** Group of managers with a nested stack of its own, for installations that one stack has no room for. */
  group: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1-31 lower-case letters, digits or hyphens and begin with a letter')
    .optional(),
  /** How `offsite … --local` reaches it; `false`: not from this machine. The stack has a secret instead. */
  local: z.union([z.literal(false), ManagerLocal]).optional(),
});
export type ManagerConfig = z.infer<typeof ManagerConfig>;

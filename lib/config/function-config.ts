import * as z from 'zod';
import { defined } from '../base/defined.ts';
import { ManagerId } from '../base/ids.ts';
import { ExpectedProtection, expectedProtection } from './expected-protection.ts';
import type { ManagerConfig } from './manager-config.ts';
import { type ManagerRules, rulesOf } from './manager-rules.ts';
import { timingOf } from './manager-timing.ts';
import { isForFunctions, Target } from './notifications.ts';
import type { OffsiteConfig } from './offsite-config.ts';
import { RetentionPolicy } from './retention.ts';
import { Signatures } from './signatures.ts';

const Rules = z.strictObject({
  timeZone: z.string(),
  schedule: z.string().optional(),
  flexibleMinutes: z.number().optional(),
  retention: RetentionPolicy,
  driftPercent: z.number(),
  keepOnManager: z.number(),
  snapshotDeadlineSeconds: z.number(),
  lock: z.strictObject({ mode: z.enum(['governance', 'compliance']), days: z.number() }).optional(),
  approvalHours: z.number().optional(),
  alarmAfterHours: z.number().optional(),
  protection: ExpectedProtection.optional(),
  named: z.array(ManagerId).readonly().optional(),
  isReplicated: z.boolean().optional(),
  inNetwork: z.boolean().optional(),
  restoreFrom: z.array(ManagerId).readonly().optional(),
  restoredCredentials: ManagerId.optional(),
  archiveUrls: z.strictObject({ hosts: z.array(z.string()).readonly(), others: z.enum(['public', 'none']) }).optional(),
});

/**
 * What functions are told of the configuration: the file `offsite.json` beside their code, since an environment holds
 * 4 KB and there may be hundreds of managers. Never a credential, an address of a manager or anything that only the stack needs.
 */
export const FunctionConfig = z.strictObject({
  name: z.string(),
  managers: z.record(ManagerId, Rules),
  /** Of a manager that the configuration does not name. */
  others: Rules,
  /** Secrets whose name does not follow from the manager's. */
  secrets: z.record(ManagerId, z.string()),
  signatures: Signatures.optional(),
  /** Those whose secrets functions can read. */
  notifications: z.strictObject({ targets: z.array(Target), allowedHosts: z.array(z.string()).optional() }).optional(),
  /** What reports say of the configuration, as `parseConfig` takes it. */
  installation: z.record(z.string(), z.unknown()).optional(),
  /** Of managers that are in one. */
  groups: z.record(ManagerId, z.string()),
});
export type FunctionConfig = z.infer<typeof FunctionConfig>;

export function functionConfigOf(config: OffsiteConfig): FunctionConfig {
  const imported = config.managers.flatMap(({ id, secret }) => (secret ? [[id, secret.id] as const] : []));
  return FunctionConfig.parse({
    name: config.name,
    managers: Object.fromEntries(config.managers.map((manager, at) => [manager.id, ruledOf(config, manager, at)])),
    // No manager is called so: names begin with a letter.
    others: rulesOf(config, ''),
    secrets: Object.fromEntries(imported),
    signatures: config.signatures,
    installation: toldInReports(config),
    ...notificationsOf(config),
    groups: Object.fromEntries(config.managers.flatMap(({ id, group }) => (group === undefined ? [] : [[id, group]]))),
  });
}

/** What a report says of it: nothing that one machine or the stack alone needs. People are counted, not named. */
function toldInReports(config: OffsiteConfig) {
  const { name, version, managers, defaults, retention, storage, verification, reconciliation, restores } = config;
  const { objectLock, replication } = storage;
  return {
    ...{ name, version, defaults, retention, verification, reconciliation, restores, report: config.report },
    managers: managers.map(({ id, schedule, timeZone, flexibleMinutes, alarmAfterHours, retention: own, drill }) =>
      defined({ id, schedule, timeZone, flexibleMinutes, alarmAfterHours, retention: own, drill }),
    ),
    storage: defined({ objectLock, replication }),
    notifications: { emails: config.notifications.emails.map((_, at) => `${at + 1}@people.invalid`) },
  };
}

function notificationsOf({ notifications }: OffsiteConfig) {
  const targets = notifications.targets.filter(isForFunctions);
  return targets.length === 0
    ? {}
    : { notifications: { targets, ...defined({ allowedHosts: notifications.allowedHosts }) } };
}

/** The bucket is one: its settings are compared with those of the first manager; functions with the first of their group. */
function ruledOf(config: OffsiteConfig, manager: ManagerConfig, at: number): ManagerRules {
  const { managers, network } = config;
  const { alarmAfterHours } = timingOf(config, manager);
  const isFirstOfGroup = managers.findIndex(({ group }) => group === manager.group) === at;
  return {
    ...rulesOf(config, manager.id),
    ...defined({ alarmAfterHours }),
    ...(at === 0 ? { protection: expectedProtection(config), named: namesIn(config) } : {}),
    ...(network && isFirstOfGroup ? { inNetwork: true } : {}),
  };
}

function namesIn({ managers, formerManagers }: OffsiteConfig): string[] {
  return [...managers.map(({ id }) => id), ...formerManagers];
}

/** The rules of a manager as the functions know them. */
export function configuredRules({ managers, others }: FunctionConfig, manager: string): ManagerRules {
  const { schedule, ...rules } = managers[manager] ?? others;
  return { ...rules, schedule };
}

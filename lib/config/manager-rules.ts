import { defined } from '../base/defined.ts';
import { hours, seconds } from '../base/durations.ts';
import type { ExpectedProtection } from './expected-protection.ts';
import { objectLockOf } from './object-lock.ts';
import type { OffsiteConfig } from './offsite-config.ts';
import { protectionsOf } from './protections.ts';
import type { RestoreAuthority } from './restore-authority.ts';
import { RetentionPolicy } from './retention.ts';

/** What is configured of one manager, with every default applied. Never a credential. */
export interface ManagerRules extends RestoreAuthority {
  /** IANA name; days, weeks, months and years of retention are this zone's. */
  readonly timeZone: string;
  /** EventBridge Scheduler expression of the exports, `cron(0 4 * * ? *)`; undefined: only started by hand. */
  readonly schedule: string | undefined;
  /** The scheduler may be so late; undefined: it is not. */
  readonly flexibleMinutes?: number | undefined;
  readonly retention: RetentionPolicy;
  /** A fall of content or size by more than this share of what it was is flagged, in per cent. */
  readonly driftPercent: number;
  /** Newest snapshots of ours that stay on the manager; undefined: as many as `Settings` say. */
  readonly keepOnManager?: number;
  /** Patience with one snapshot, in seconds; undefined: as long as `Settings` say. */
  readonly snapshotDeadlineSeconds?: number;
  /** Nobody can delete a recorded archive for so long; undefined: the bucket has no Object Lock. */
  readonly lock?: ArchiveLock | undefined;
  /** What the bucket is to have; undefined: it is compared with that of another manager, or nobody has said. */
  readonly protection?: ExpectedProtection | undefined;
  /** All managers that the configuration names, former ones too; undefined: this is compared with those of another manager, or nobody has said. */
  readonly named?: readonly string[] | undefined;
  /** The bucket has a replication by the configuration, so every archive should have a copy. */
  readonly isReplicated?: boolean | undefined;
  /** Functions that talk to managers are in a VPC, and this manager's reconciliation looks whether they are ready. */
  readonly inNetwork?: boolean | undefined;
  /** Without a verified archive for so long somebody is called; undefined: nobody can tell when one is due. */
  readonly alarmAfterHours?: number | undefined;
  /** Nobody has said what is configured for this bucket: nothing is let go by these rules, which may hold fewer. */
  readonly isAssumed?: boolean;
}

interface ArchiveLock {
  readonly mode: 'governance' | 'compliance';
  /** From the storing of the archive. */
  readonly days: number;
}

export const defaultRules: ManagerRules = {
  timeZone: 'UTC',
  schedule: undefined,
  retention: RetentionPolicy.parse({}),
  driftPercent: 50,
};

type Rules = Pick<OffsiteConfig, 'version' | 'managers' | 'defaults' | 'retention' | 'storage' | 'restores'>;

/** What is configured of a manager; of one that is not, the defaults, and no schedule. */
export function rulesOf(config: Rules, manager: string): ManagerRules {
  const { managers, defaults, retention } = config;
  const own = managers.find(({ id }) => id === manager);
  const schedule = own?.schedule === undefined ? defaults.schedule : own.schedule;
  return {
    timeZone: own?.timeZone ?? defaults.timeZone,
    schedule: own ? (schedule ?? undefined) : undefined,
    flexibleMinutes: own?.flexibleMinutes ?? defaults.flexibleMinutes,
    retention: { ...retention, held: own?.retention.held ?? retention.held },
    driftPercent: own?.driftPercent ?? defaults.driftPercent,
    keepOnManager: own?.keepOnManager ?? defaults.keepOnManager,
    snapshotDeadlineSeconds: Math.round(hours(own?.snapshotHours ?? defaults.snapshotHours) / seconds(1)),
    ...defined({
      lock: lockOf(config),
      isReplicated: config.storage.replication ? true : undefined,
      approvalHours: protectionsOf(config).approval ? config.restores.approvalHours : undefined,
      restoreFrom: own?.restoreFrom,
      restoredCredentials: own?.restoredCredentials,
      archiveUrls: own?.archiveUrlHosts && { hosts: own.archiveUrlHosts, others: 'none' as const },
    }),
  };
}

function lockOf(config: Rules): ArchiveLock | undefined {
  const lock = objectLockOf(config);
  return lock && { mode: lock.mode, days: lock.days };
}

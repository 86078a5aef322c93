import { RetentionPolicy } from './retention.ts';

/** What is configured of one manager, with every default applied. Never a credential. */
export interface ManagerRules {
  /** IANA name; days, weeks, months and years of retention are this zone's. */
  readonly timeZone: string;
  /** EventBridge Scheduler expression of the nightly export, `cron(0 4 * * ? *)`; undefined: only started by hand. */
  readonly schedule: string | undefined;
  readonly retention: RetentionPolicy;
  /** A fall of content or size by more than this share of what it was is flagged, in per cent. */
  readonly driftPercent: number;
}

export const defaultRules: ManagerRules = {
  timeZone: 'UTC',
  schedule: undefined,
  retention: RetentionPolicy.parse({}),
  driftPercent: 50,
};

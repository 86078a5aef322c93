import type * as z from 'zod';
import { type ConfigVersion, DEFAULT_PROTECTIONS } from './protections.ts';
import type { RetentionPolicy } from './retention.ts';
import type { ObjectLock, StorageConfig } from './storage-config.ts';

/** Days of the lock that version 2 has by default: what was done to archives is noticed within two weeks, or not at all. */
const USUAL_DAYS = 14;

interface Locked {
  readonly version: z.infer<typeof ConfigVersion>;
  readonly storage: Pick<StorageConfig, 'objectLock'>;
  readonly retention: Pick<RetentionPolicy, 'days'>;
}

/**
 * The lock of verified archives; undefined: none. Never longer by default than the class that goes first: what S3 cannot
 * remove would stay, and cost.
 */
export function objectLockOf({ version, storage, retention }: Locked): z.infer<typeof ObjectLock> | undefined {
  const { objectLock } = storage;
  if (objectLock !== undefined) return objectLock || undefined;
  if (!DEFAULT_PROTECTIONS[version].objectLock) return undefined;
  const days = Math.min(USUAL_DAYS, ...Object.values(retention.days));
  return { mode: 'governance', days, complianceAcknowledged: false };
}

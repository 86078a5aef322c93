import * as z from 'zod';
import { objectLockOf } from './object-lock.ts';
import type { OffsiteConfig } from './offsite-config.ts';

/** What the bucket has by the configuration, beside what it always has; for the daily comparison. */
export const ExpectedProtection = z.strictObject({
  /** Whether Object Lock is enabled. */
  lock: z.boolean(),
  replication: z.boolean(),
});
export type ExpectedProtection = z.infer<typeof ExpectedProtection>;

export function expectedProtection(config: OffsiteConfig): ExpectedProtection {
  return { lock: objectLockOf(config) !== undefined, replication: config.storage.replication !== undefined };
}

/** Statements of the bucket's policy that deny, by their names; those about TLS have none. */
export const DENIALS = [
  'DenyCustomerKey',
  'DenyForgedApprovals',
  'DenyForgedDecisions',
  'DenyForgedIndexes',
  'DenyForgedReports',
  'DenyOtherEncryption',
  'DenyOtherKey',
  'DenyOtherPublicKeys',
  'DenyUnnamedKey',
] as const;

import * as z from 'zod';
import { AccountId, BucketName, KmsKeyArn, Region } from './schemas.ts';
export const ObjectLock = z.strictObject({
  /** `governance`: who has s3:BypassGovernanceRetention can still delete. `compliance`: nobody can, not even root. */
  mode: z.enum(['governance', 'compliance']).default('governance'),
  /** From the storing of an archive; for it and its manifest, once it is verified (lib/catalogue/object-lock.ts). */
  days: z.number().int().min(1).max(36_500),
  /** Compliance cannot be taken back, not by closing a ticket either: it is refused unless somebody says they know. */
  complianceAcknowledged: z.boolean().default(false),
});
/** A bucket that is there already, versioned, in another region or account. */
const Replication = z.strictObject({
  bucket: BucketName,
  region: Region,
  /** The account that owns the copies; without it they stay in that of the stack. */
  account: AccountId.optional(),
  /** The key in the target's region that encrypts the copies. */
  kmsKeyArn: KmsKeyArn,
});
export const StorageConfig = z.strictObject({
  /** Without it CloudFormation makes one up. */
  bucketName: BucketName.optional(),
  /** Without it the stack makes a key, rotated each year, kept when the stack is destroyed. */
  kmsKeyArn: KmsKeyArn.optional(),
  /** `false`: none. Left out: as `version` says (./object-lock.ts). */
  objectLock: z.union([z.literal(false), ObjectLock]).optional(),
  replication: Replication.optional(),
  accessLogDays: z.number().int().min(1).max(3650).default(365),
});

import type { ByteSource } from '../archive/byte-source.ts';

export const SNAPSHOT_STATUSES = ['creating', 'created', 'failed', 'uploaded'] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

export const END_STATUSES: readonly string[] = ['terminated', 'failed', 'cancelled'];
export const CANCELLING_STATUSES: readonly string[] = ['cancelling', 'force_cancelling', 'kill_cancelling'];
/** What blocks a create, in any tenant (contract §3.2). */
export const ACTIVE_STATUSES: readonly string[] = ['pending', 'started', ...CANCELLING_STATUSES];
export const EXECUTION_STATUSES: readonly string[] = [...END_STATUSES, ...ACTIVE_STATUSES, 'queued', 'scheduled'];

export interface SnapshotRow {
  readonly storageId: number;
  readonly id: string;
  readonly tenant: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  status: SnapshotStatus;
  error: string;
}

/** What the worker will do about a create, and how far it is. Times are milliseconds of the handed-in clock. */
export interface CreatePlan {
  readonly snapshotId: string;
  readonly isLegacy: boolean;
  readonly node: number;
  readonly seconds: number;
  readonly outcome: 'created' | 'never' | { readonly error: string };
  readonly leavesPartialZip: boolean;
  /** When the message reached the worker; none while the execution is queued. */
  since?: number;
  stage: 'sent' | 'started' | 'archived' | 'done';
}

export interface ExecutionRow {
  readonly storageId: number;
  readonly id: string;
  readonly tenant: string;
  readonly workflowId: string;
  readonly isSystem: boolean;
  /** None in a row that a restore put back (contract §7.5). */
  readonly parameters: Readonly<Record<string, unknown>> | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  status: string | null;
  error: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
  resume: boolean;
  /** Not while it is queued, and not in a ghost. */
  allowsCustomParameters: boolean;
  /** What the worker proves itself with; void once the execution has ended. */
  token: string | null;
  plan?: CreatePlan;
}

/** A file under the file server's root. The path has no tenant in it: equal ids of two tenants share it. */
export interface StoredFile {
  readonly source: ByteSource;
  readonly modifiedAt: Date;
  /** The node that wrote it; others see it when replication has caught up. */
  readonly node: number;
}

/** A user as somebody makes him. */
export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly role: 'sys_admin' | 'default';
}

export interface UserRow extends Omit<NewUser, 'password'> {
  /** With the salt that was active when it was set. */
  passwordHash: string;
}

/** A line of an execution's log, of level error. */
export interface ErrorLog {
  readonly executionId: string;
  readonly tenant: string;
  readonly at: Date;
  readonly message: string;
}

export interface TokenRow {
  readonly id: string;
  readonly value: string;
  readonly user: string;
  readonly description: string | null;
  expiresAt: Date | null;
}

/** The maintenance switch (contract §8): on request, and active once nothing runs any more. */
export interface Maintenance {
  status: 'deactivated' | 'activating' | 'activated';
  requestedAt: Date | null;
  activatedAt: Date | null;
  requestedBy: string;
}

export interface NewExecution {
  readonly id?: string;
  readonly workflowId: string;
  readonly tenant?: string;
  readonly status?: string;
  readonly parameters?: Readonly<Record<string, unknown>> | null;
  readonly isSystem?: boolean;
  readonly plan?: CreatePlan;
}

/** Times go out in UTC with milliseconds and `Z` (contract §3.4). */
export const iso = (time: Date | null): string | null => (time === null ? null : time.toISOString());

import { randomBytes, randomUUID } from 'node:crypto';
import type { ByteSource } from '../archive/byte-source.ts';
import { Content } from './content.ts';
import { hashPassword, newSalt } from './password.ts';
import type { RunningRestore } from './restore-plan.ts';
import {
  ACTIVE_STATUSES,
  END_STATUSES,
  type ErrorLog,
  type ExecutionRow,
  type Maintenance,
  type NewExecution,
  type NewUser,
  type SnapshotRow,
  type SnapshotStatus,
  type StoredFile,
  type TokenRow,
  type UserRow,
} from './rows.ts';

export interface StateOptions {
  readonly now: () => Date;
  readonly tenants: readonly string[];
  /** The first is the bootstrap admin. */
  readonly users: readonly NewUser[];
  readonly salt?: string | undefined;
  /** Seconds until the other nodes have a file that one node wrote. */
  readonly replicationSeconds: number;
}

/** The one database and file store that all nodes of a manager share. */
export class ManagerState {
  readonly now: () => Date;
  /** Of the installation; hashes made with another one are worth nothing. */
  salt: string;
  users: UserRow[] = [];
  /** What the manager holds beside snapshots, its tenants among them. */
  content = new Content();
  errorLogs: ErrorLog[] = [];
  /** Restores that are under way, or whose last steps are still to come. */
  restores: RunningRestore[] = [];
  snapshots: SnapshotRow[] = [];
  executions: ExecutionRow[] = [];
  tokens: TokenRow[] = [];
  readonly files = new Map<string, StoredFile>();
  /** Ids whose upload failed half way and left its file under `.uploading`. */
  readonly uploading = new Set<string>();
  readonly maintenance: Maintenance = { status: 'deactivated', requestedAt: null, activatedAt: null, requestedBy: '' };
  /** Nodes on which a restore flag file lies. */
  readonly restoreFlags = new Set<number>();
  /** Nodes whose port is closed. */
  readonly stoppedNodes = new Set<number>();
  isRestDown = false;
  /** Nodes whose REST service is stopped while a restore writes the database. */
  readonly restDownNodes = new Set<number>();
  /** From when to when a node is away, in milliseconds of the clock. */
  readonly reboots = new Map<number, { readonly from: number; readonly until: number }>();
  /** Nodes that came back with the certificates of an archive. */
  readonly recertifiedNodes = new Set<number>();
  /** The schema is changed under a running REST service; it counts the requests that fell into it. */
  schemaInFlux: { requests: number } | undefined;
  /** The schema was left as it was in the middle of a restore. */
  isSchemaBroken = false;
  readonly #sequences = { snapshots: 0, executions: 0 };
  readonly #replicationSeconds: number;

  constructor({ now, tenants, users, salt, replicationSeconds }: StateOptions) {
    this.now = now;
    this.salt = salt ?? newSalt();
    for (const tenant of tenants) this.addTenant(tenant);
    for (const user of users) this.addUser(user);
    this.#replicationSeconds = replicationSeconds;
  }

  get tenants(): readonly string[] {
    return this.content.tenants;
  }

  addTenant(name: string): void {
    this.content.addTenant(name);
  }

  addUser({ name, password, role }: NewUser): void {
    this.users.push({ name, role, passwordHash: hashPassword(this.salt, password) });
  }

  setPassword(name: string, password: string): void {
    for (const user of this.users) if (user.name === name) user.passwordHash = hashPassword(this.salt, password);
  }

  isRebooting(node: number): boolean {
    return this.now().getTime() < (this.reboots.get(node)?.until ?? 0);
  }

  snapshot(id: string, tenant: string): SnapshotRow | undefined {
    return this.snapshots.find((row) => row.id === id && row.tenant === tenant);
  }

  execution(id: string): ExecutionRow | undefined {
    return this.executions.find((row) => row.id === id);
  }

  get activeExecutions(): ExecutionRow[] {
    return this.executions.filter(({ status }) => status !== null && ACTIVE_STATUSES.includes(status));
  }

  /** As a PostgreSQL sequence: a refused row has used up its number. */
  nextStorageId(table: 'snapshots' | 'executions'): number {
    this.#sequences[table] += 1;
    return this.#sequences[table];
  }

  /** Puts a snapshot row there, as if it had been made some time ago. */
  addSnapshot(id: string, status: SnapshotStatus, options: Partial<SnapshotRow> = {}): SnapshotRow {
    const row: SnapshotRow = {
      storageId: this.nextStorageId('snapshots'),
      id,
      tenant: 'default_tenant',
      createdAt: this.now(),
      createdBy: 'admin',
      error: '',
      ...options,
      status,
    };
    this.snapshots.push(row);
    return row;
  }

  /** Puts an execution there; one of another workflow stays as it is until somebody changes it. */
  addExecution({ id, workflowId, tenant, status, parameters, isSystem, plan }: NewExecution): ExecutionRow {
    const row: ExecutionRow = {
      storageId: this.nextStorageId('executions'),
      id: id ?? randomUUID(),
      tenant: tenant ?? 'default_tenant',
      workflowId,
      isSystem: isSystem ?? false,
      parameters: parameters === undefined ? {} : parameters,
      createdAt: this.now(),
      createdBy: 'admin',
      status: status ?? 'pending',
      error: null,
      startedAt: status === 'started' ? this.now() : null,
      endedAt: null,
      resume: false,
      allowsCustomParameters: status !== 'queued',
      token: randomBytes(32).toString('hex'),
      ...(plan === undefined ? {} : { plan }),
    };
    this.executions.push(row);
    return row;
  }

  /** Every change of status goes through here: times, the worker's token, and the queue depend on it. */
  setExecutionStatus(row: ExecutionRow, status: string | null, error: string, at = this.now()): void {
    row.status = status;
    row.error = error;
    if (status === 'started') row.startedAt = at;
    if (status !== null && END_STATUSES.includes(status)) {
      row.endedAt = at;
      row.token = null;
      this.releaseQueued(at);
    }
  }

  /** A queued execution starts when nothing is active any more, the oldest first. */
  releaseQueued(at: Date): void {
    if (this.activeExecutions.length > 0) return;
    const next = this.executions.find(({ status }) => status === 'queued');
    if (next === undefined) return;
    next.status = 'pending';
    next.allowsCustomParameters = true;
    if (next.plan !== undefined) next.plan.since = at.getTime();
  }

  writeFile(id: string, source: ByteSource, node: number, modifiedAt = this.now()): void {
    this.files.set(id, { source, node, modifiedAt });
  }

  fileOn(node: number, id: string): StoredFile | undefined {
    const file = this.files.get(id);
    if (file === undefined || file.node === node) return file;
    const visibleFrom = file.modifiedAt.getTime() + this.#replicationSeconds * 1000;
    return this.now().getTime() >= visibleFrom ? file : undefined;
  }

  /** Removes the row and the directory; the file of an equal id in another tenant goes with it. */
  removeSnapshot(row: SnapshotRow): void {
    this.snapshots = this.snapshots.filter((one) => one !== row);
    this.files.delete(row.id);
  }

  /** A second database that was the same until a moment ago: what a node sees after a split. */
  fork(): ManagerState {
    const options = {
      now: this.now,
      tenants: [],
      users: [],
      salt: this.salt,
      replicationSeconds: this.#replicationSeconds,
    };
    const fork = new ManagerState(options);
    fork.users = this.users;
    fork.content = this.content;
    fork.snapshots = this.snapshots.slice(0, -1).map((row) => ({ ...row }));
    fork.executions = this.executions.slice(0, -1).map((row) => ({ ...row }));
    fork.tokens = this.tokens;
    for (const [id, file] of this.files) fork.files.set(id, file);
    fork.addExecution({ workflowId: 'install', status: 'terminated' });
    fork.addSnapshot('only-on-this-node', 'created');
    return fork;
  }
}

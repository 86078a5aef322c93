import { unescapeValue } from './copy-header.ts';
import { CopyRows } from './copy-rows.ts';
import { DumpFault } from './dump-fault.ts';
import { IdentityMap } from './identity-map.ts';
import type { InventoryBuilder } from './inventory.ts';
import { typeName } from './inventory.ts';
import { hashOfText } from './item-store.ts';
import type { DumpContent } from './pg-dump.ts';
import { missingTables } from './required-tables.ts';

const NULL = '\\N';

/** Different tenant ids counted per table. Bounds memory; a manager has hundreds at most. */
const MAX_TENANT_IDS = 10_000;

/** Tables of millions of rows, which are counted but not by tenant: a string for each row would take most of the time. */
const HUGE: ReadonlySet<string> = new Set(['events', 'logs', 'operations', 'tasks_graphs', 'audit_log']);

interface Table {
  readonly name: string;
  readonly rows: CopyRows;
  /** Rows by tenant id. */
  readonly tenants: Map<string, number>;
}

/** Counts the rows of `pg_data`, the dump of a manager's database, by table and tenant. */
export class PgDataCounts implements DumpContent {
  readonly #tables = new Map<string, Table>();
  readonly #tenantNames = new Map<string, string>();
  /** The tenant of each execution, as its place in the list plus one; the manager deletes one execution by id. */
  readonly #executions = new IdentityMap();
  readonly #tenantIds: string[] = [];
  #deleted = 0;
  #isExact = true;
  readonly #version: string | undefined;

  /** `version` of the manager that wrote the dump. */
  constructor(version?: string) {
    this.#version = version;
  }

  opens(name: string, columns: readonly string[]): CopyRows {
    const tenants = new Map<string, number>();
    const wanted = wantedOf(name).filter((column) => columns.includes(column));
    const [id, place] = [wanted.indexOf('id'), wanted.indexOf(name === 'tenants' ? 'name' : '_tenant_id')];
    const onRow = (values: readonly string[]) => this.#row(name, tenants, values[id], values[place] ?? NULL);
    const picks = wanted.map((column) => columns.indexOf(column));
    const rows = new CopyRows(name, columns.length, picks, wanted.length > 0 ? onRow : undefined);
    this.#tables.set(name, { name, rows, tenants });
    return rows;
  }

  deletes(executionId: string): void {
    const table = this.#tables.get('executions');
    if (!table) return;
    const hash = hashOfText(executionId);
    const place = this.#executions.get(...hash);
    if (place === undefined || place === 0) return;
    this.#executions.set(...hash, 0);
    this.#deleted++;
    const tenant = this.#tenantIds[place - 1];
    if (tenant !== undefined) table.tenants.set(tenant, (table.tenants.get(tenant) ?? 0) - 1);
  }

  /** Throws `DumpFault` when tables are missing. */
  addTo(inventory: InventoryBuilder): void {
    const lost = missingTables(this.#version, (table) => this.#tables.has(table));
    if (lost.length > 0) {
      const manager = this.#version === undefined ? 'a manager' : `a manager ${this.#version}`;
      throw new DumpFault('corrupt', `it has no table ${lost.join(', ')}, which a dump of ${manager} never leaves out`);
    }
    for (const name of this.#tenantNames.values()) inventory.addTenant(name);
    for (const { name, rows, tenants } of this.#tables.values()) {
      const type = typeName(name);
      inventory.addTotal(type, rows.rows - (name === 'executions' ? this.#deleted : 0));
      for (const [id, count] of tenants) inventory.addToTenant(this.#tenantNames.get(id) ?? `#${id}`, type, count);
    }
    if (!this.#isExact) inventory.markUpperBound('executions');
  }

  /** `other`: the name of a tenant, else the id of the tenant that the row belongs to. */
  #row(table: string, tenants: Map<string, number>, id: string | undefined, other: string): void {
    if (table === 'tenants') {
      if (id !== undefined && this.#tenantNames.size < MAX_TENANT_IDS) this.#tenantNames.set(id, textOf(other));
      return;
    }
    const count = tenants.get(other);
    if (other !== NULL && (count !== undefined || tenants.size < MAX_TENANT_IDS)) tenants.set(other, (count ?? 0) + 1);
    if (id !== undefined) this.#execution(textOf(id), other);
  }

  #execution(id: string, tenant: string): void {
    let place = this.#tenantIds.indexOf(tenant);
    if (place === -1 && this.#tenantIds.length < MAX_TENANT_IDS) place = this.#tenantIds.push(tenant) - 1;
    const hash = hashOfText(id);
    // Ids are unique in a tenant only, but these are UUIDs: one of two tenants would be the work of a hand.
    if (this.#executions.get(...hash) !== undefined) throw new DumpFault('foreign', 'it has an execution twice');
    if (!this.#executions.set(...hash, place + 1)) this.#isExact = false;
  }
}

function wantedOf(table: string): readonly string[] {
  if (table === 'tenants') return ['id', 'name'];
  if (table === 'executions') return ['_tenant_id', 'id'];
  return HUGE.has(table) ? [] : ['_tenant_id'];
}

function textOf(value: string): string {
  return unescapeValue(Buffer.from(value, 'latin1').toString());
}

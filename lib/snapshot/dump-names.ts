import { unescapeValue } from './copy-header.ts';
import { CopyRows } from './copy-rows.ts';
import type { NamedItems, NamedType } from './named-items.ts';
import type { DumpContent } from './pg-dump.ts';

const NULL = '\\N';

interface Columns {
  readonly type: NamedType;
  readonly id: string;
  /** The first of these that has a value is what a person calls it. */
  readonly name: readonly string[];
  /** Rows of a tenant. */
  readonly isOfTenant: boolean;
}

const ofTenant = (type: NamedType, id: string, ...name: string[]): Columns => ({ type, id, name, isOfTenant: true });

/** Tables of a manager's database with named items. A secret's `id` is its key, and no other column of it is read. */
const TABLES: ReadonlyMap<string, Columns> = new Map([
  ['users', { type: 'users', id: 'username', name: [], isOfTenant: false }],
  ['groups', { type: 'user_groups', id: 'name', name: [], isOfTenant: false }],
  ['sites', ofTenant('sites', 'name')],
  ['plugins', ofTenant('plugins', 'id', 'title', 'package_name')],
  ['secrets', ofTenant('secrets', 'id')],
  ['blueprints', ofTenant('blueprints', 'id')],
  ['deployments', ofTenant('deployments', 'id', 'display_name')],
]);

type Row = ReadonlyMap<string, string>;

/** Takes the names of items from `pg_data`, the dump of a manager's database, while it is read. */
export class DumpNames implements DumpContent {
  readonly #tenants = new Map<string, string>();
  readonly #rows: { readonly columns: Columns; readonly row: Row }[] = [];

  opens(table: string, columns: readonly string[]): CopyRows {
    const known = TABLES.get(table);
    const isTenants = table === 'tenants';
    const wanted = [
      ...(isTenants ? ['id', 'name'] : []),
      ...(known ? [known.id, ...known.name, ...(known.isOfTenant ? ['_tenant_id'] : [])] : []),
      ...(table === 'plugins' ? ['package_version'] : []),
    ].filter((column) => columns.includes(column));
    const onRow = (values: readonly string[]) => {
      const row: Row = new Map(
        wanted.flatMap((column, at) =>
          values[at] === undefined || values[at] === NULL ? [] : [[column, textOf(values[at])]],
        ),
      );
      if (isTenants) this.#tenants.set(row.get('id') ?? '', row.get('name') ?? '');
      else if (known) this.#rows.push({ columns: known, row });
    };
    const picks = wanted.map((column) => columns.indexOf(column));
    return new CopyRows(table, columns.length, picks, wanted.length > 0 ? onRow : undefined);
  }

  deletes(): void {}

  /** Names of tenants may come after what belongs to them. */
  addTo(items: NamedItems): void {
    for (const name of this.#tenants.values()) items.add({ type: 'tenants', tenant: null, id: name, name });
    for (const { columns, row } of this.#rows) {
      const id = row.get(columns.id);
      if (id === undefined) continue;
      const tenantId = row.get('_tenant_id') ?? '';
      const name = columns.name.map((column) => row.get(column)).find((text) => text !== undefined) ?? id;
      const version = row.get('package_version');
      const tenant = columns.isOfTenant ? (this.#tenants.get(tenantId) ?? `#${tenantId}`) : null;
      items.add({ type: columns.type, tenant, id, name, ...(version !== undefined && { version }) });
    }
  }
}

function textOf(value: string): string {
  return unescapeValue(Buffer.from(value, 'latin1').toString());
}

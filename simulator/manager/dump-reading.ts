import { type Counts, HISTORY_TYPES, type Restorable, TENANT_TYPES } from './content.ts';
import type { UserRow } from './rows.ts';

interface CopyBlock {
  /** Undefined: of another schema than `public`. */
  readonly table: string | undefined;
  readonly columns: readonly string[];
}

const TYPES: ReadonlySet<string> = new Set([...TENANT_TYPES, ...HISTORY_TYPES]);
/** Statements of a data-only dump beside those that are read here. */
const HARMLESS = /^(set|select|alter|begin|commit|truncate)\b/i;

/**
 * Reads a data-only dump as psql would load it, line by line. Like psql it takes the end of the file for the end of a
 * table: a dump that is cut between two rows loads, and lacks the rest.
 */
export class DumpReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest = '';
  #line = 0;
  #statement = '';
  #schema = 'public';
  #block: CopyBlock | undefined;
  readonly #totals: Counts = {};
  readonly #byTenantId = new Map<string, Counts>();
  readonly #tenants = new Map<string, string>();
  readonly #executions = new Map<string, string | undefined>();
  readonly #users: UserRow[] = [];

  /** Throws what psql says. */
  feed(piece: Buffer): void {
    if (piece.includes(0)) throw this.#error('invalid byte sequence for encoding "UTF8": 0x00');
    const lines = (this.#rest + this.#decode(piece)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  finish(): Restorable {
    if (this.#rest !== '') this.#take(this.#rest);
    if (this.#statement !== '') throw this.#error('syntax error at end of input');
    const tenants = [...this.#tenants].map(([id, name]) => [name, this.#byTenantId.get(id) ?? {}] as const);
    const { groups, ...totals } = this.#totals;
    return {
      inventory: {
        totals: { ...totals, ...(groups === undefined ? {} : { user_groups: groups }) },
        tenants: Object.fromEntries(tenants),
      },
      users: this.#users,
    };
  }

  #decode(piece: Buffer): string {
    try {
      return this.#decoder.decode(piece, { stream: true });
    } catch {
      throw this.#error('invalid byte sequence for encoding "UTF8"');
    }
  }

  #take(line: string): void {
    this.#line += 1;
    if (this.#block !== undefined) {
      if (line === '\\.') this.#block = undefined;
      else this.#row(this.#block, line.split('\t'));
      return;
    }
    if (this.#statement === '' && (line === '' || line.startsWith('--') || line.startsWith('\\'))) return;
    this.#statement += `${line}\n`;
    if (!line.endsWith(';')) return;
    const statement = this.#statement.trim();
    this.#statement = '';
    this.#execute(statement);
  }

  #execute(statement: string): void {
    const copy = /^copy (\S+) \((.*)\) from stdin;$/i.exec(statement);
    const insert = /^insert into (\S+) (?:\((.*?)\) )?values\b/i.exec(statement);
    const path = /^(?:set search_path = |select pg_catalog\.set_config\('search_path', ')([\w]*)/i.exec(statement);
    const deleted = /^delete from (?:public\.)?executions where id = '([^']+)';$/i.exec(statement);
    if (copy) {
      const columns = (copy[2] ?? '').split(', ').map((column) => column.replaceAll('"', ''));
      this.#block = { table: this.#tableOf(copy[1] ?? ''), columns };
    } else if (insert) this.#count(this.#tableOf(insert[1] ?? ''), 1);
    else if (path) this.#schema = path[1] ?? '';
    else if (deleted) this.#deleteExecution(deleted[1] ?? '');
    else if (!HARMLESS.test(statement)) {
      throw this.#error(`syntax error at or near "${statement.split(/\s/)[0]}"`);
    }
  }

  #tableOf(name: string): string | undefined {
    const [first = '', second] = name.replaceAll('"', '').split('.');
    if (second !== undefined) return first === 'public' ? second : undefined;
    return this.#schema === 'public' ? first : undefined;
  }

  #row({ table, columns }: CopyBlock, values: readonly string[]): void {
    const missing = columns[values.length];
    if (missing !== undefined) throw this.#error(`missing data for column "${missing}"`);
    if (values.length > columns.length) throw this.#error('extra data after last expected column');
    const value = (column: string): string | undefined => values[columns.indexOf(column)];
    const tenant = value('_tenant_id');
    if (table === 'tenants') this.#tenants.set(value('id') ?? '', value('name') ?? '');
    if (table === 'executions') this.#executions.set(value('id') ?? '', tenant);
    if (table === 'users') {
      const [name = '', passwordHash = ''] = [value('username'), value('password')];
      this.#users.push({ name, passwordHash, role: name === 'admin' ? 'sys_admin' : 'default' });
    }
    this.#count(table, 1, tenant);
  }

  #count(table: string | undefined, by: number, tenant?: string): void {
    if (table === undefined) return;
    this.#totals[table] = (this.#totals[table] ?? 0) + by;
    if (tenant === undefined || !TYPES.has(table)) return;
    const counts = this.#byTenantId.get(tenant) ?? {};
    counts[table] = (counts[table] ?? 0) + by;
    this.#byTenantId.set(tenant, counts);
  }

  /** The manager's own last line, which takes away the row of the create (contract §10.1). */
  #deleteExecution(id: string): void {
    if (!this.#executions.has(id)) return;
    this.#count('executions', -1, this.#executions.get(id));
    this.#executions.delete(id);
  }

  #error(text: string): Error {
    return new Error(`psql:/tmp/tmpx-snapshot-data/pg_data:${this.#line}: ERROR:  ${text}`);
  }
}

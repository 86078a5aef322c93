import { nameOf } from './copy-header.ts';
import { DumpFault } from './dump-fault.ts';

const PUBLIC = 'public';

/** Are searched too, but hold no tables of a dump. */
const NO_TABLES = ['pg_catalog', 'pg_temp', '$user', ''];

/** The schema of names that are written without one, as `SET search_path` leaves it. */
export class SearchPath {
  #schemas: readonly string[] = [PUBLIC];

  /** `list`: what follows `search_path =`, or the text that `set_config` takes. */
  set(list: string): void {
    const names = list.match(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[^\s,]+/g) ?? [];
    if (/^default$/i.test(list.trim())) this.#schemas = [PUBLIC];
    else this.#schemas = names.map(schemaOf).filter((name) => !NO_TABLES.includes(name));
  }

  /** Throws `DumpFault` when only the database can tell. */
  schemaFor(table: string): string {
    const [schema, second] = this.#schemas;
    if (schema !== undefined && second === undefined) return schema;
    const why = schema === undefined ? 'its search_path is empty' : `its search_path has ${this.#schemas.join(', ')}`;
    throw new DumpFault('foreign', `it names the table ${table} without a schema where ${why}`);
  }
}

function schemaOf(written: string): string {
  return written.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : nameOf(written);
}

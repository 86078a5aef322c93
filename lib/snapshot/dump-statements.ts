import { parseCopyHeader, parseDeletion, parseName, parseTriggers } from './copy-header.ts';
import { DumpFault } from './dump-fault.ts';
import { SearchPath } from './search-path.ts';
import type { SqlListener } from './sql-lexer.ts';

const BEGINNING = '-- PostgreSQL database dump';
const END = '-- PostgreSQL database dump complete';

/** What pg_dump writes above the rows of a table, and above the next number of a sequence. */
const ANNOUNCED = /^-- (?:Data for )?Name: (.*); Type: (TABLE DATA|SEQUENCE SET); Schema: (.*); Owner: /;

const COMMANDS =
  /^(?:abort|alter|analyze|begin|call|close|cluster|comment|commit|copy|create|declare|delete|discard|do|drop|end|execute|explain|fetch|grant|import|insert|listen|load|lock|merge|move|notify|prepare|reassign|refresh|reindex|release|reset|revoke|rollback|savepoint|security|select|set|show|start|table|truncate|unlisten|update|vacuum|values|with)\b/i;

/**
 * The parameters that pg_dump 9.2 to 18 sets, with values that PostgreSQL takes and that change no row. Any other one may
 * end the restore (`statement_timeout = 1`), or be a role, a schema or an encoding by another name.
 */
const SETTINGS: Readonly<Record<string, RegExp>> = {
  statement_timeout: /^0$/,
  lock_timeout: /^0$/,
  idle_in_transaction_session_timeout: /^0$/,
  transaction_timeout: /^0$/,
  client_encoding: /^'?(?:utf-?8|unicode)'?$/i,
  standard_conforming_strings: /^'?(?:on|true|yes|1)'?$/i,
  check_function_bodies: /^(?:on|off|true|false)$/i,
  escape_string_warning: /^(?:on|off|true|false)$/i,
  row_security: /^(?:on|off|true|false)$/i,
  default_with_oids: /^(?:on|off|true|false)$/i,
  synchronize_seqscans: /^'?(?:on|off|true|false)'?$/i,
  xmloption: /^(?:content|document)$/i,
  client_min_messages: /^(?:notice|warning|error)$/i,
  default_tablespace: /^''$/,
  default_table_access_method: /^heap$/i,
};

const SET = /^set\s+(?:session\s+|local\s+)?([a-z_]+)\s*(?:=|\s+to\s)\s*(.*)$/is;
const CONFIG_PATH =
  /^select\s+(?:pg_catalog\.)?set_config\s*\(\s*'search_path'\s*,\s*'((?:[^']|'')*)'\s*,\s*false\s*\)$/i;
const SETVAL = /^select\s+(?:pg_catalog\.)?setval\s*\(\s*'((?:[^']|'')*)'\s*,\s*-?\d+\s*(?:,\s*(?:true|false)\s*)?\)$/i;

/** What the statements of a dump mean for its rows. */
export interface DumpListener {
  /** The rows of this table follow; its name has its schema in front unless that is `public`. */
  copies(table: string, columns: readonly string[]): void;
  /** One row of the table `executions` is deleted. */
  deletes(executionId: string): void;
}

/** Reads the statements of a data-only `pg_dump` in plain text, as PostgreSQL would. Throws `DumpFault`. */
export class DumpStatements implements SqlListener {
  /** The last line but for what managers and psql put after it was read. */
  isComplete = false;
  readonly #listener: DumpListener;
  readonly #path = new SearchPath();
  #hasBegun = false;
  #announced: { readonly what: string; readonly isTable: boolean } | undefined;
  /** The table whose rows came last. */
  #copied: string | undefined;
  #restriction: string | undefined;

  constructor(listener: DumpListener) {
    this.#listener = listener;
  }

  comment(line: string): void {
    const text = line.trimEnd();
    if (text === BEGINNING) this.#hasBegun = true;
    if (text === END) {
      this.#expectNothing();
      this.isComplete = true;
    }
    const [, name, type, schema] = ANNOUNCED.exec(text) ?? [];
    if (name === undefined || schema === undefined) return;
    this.#expectNothing();
    this.#announced = { what: qualified(schema, name), isTable: type === 'TABLE DATA' };
  }

  /** pg_dump of August 2025 and later locks psql's commands with a word and unlocks them at the end. */
  command(line: string): void {
    const [, verb, word] = /^\\(restrict|unrestrict) (\w+)\s*$/.exec(line) ?? [];
    const isRight = verb === 'restrict' ? this.#restriction === undefined : this.#restriction === word;
    if (verb === undefined || !isRight) {
      throw new DumpFault('corrupt', 'it has a line outside of tables that begins with a backslash and is no command');
    }
    this.#restriction = verb === 'restrict' ? word : undefined;
  }

  statement(text: string): boolean {
    if (!this.#hasBegun) throw new DumpFault('corrupt', `it has no line "${BEGINNING}" at its beginning`);
    if (/^copy\b/i.test(text)) return this.#copy(text);
    if (/^delete\b/i.test(text)) this.#delete(text);
    else if (this.isComplete) throw new DumpFault('foreign', `it has statements after its line "${END}"`);
    else this.#harmless(text);
    return false;
  }

  finish(): void {
    if (!this.#hasBegun) throw new DumpFault('corrupt', `it has no line "${BEGINNING}": it is no dump`);
    if (!this.isComplete) throw new DumpFault('corrupt', `it has no line "${END}": it is cut off`);
  }

  #copy(text: string): boolean {
    const header = parseCopyHeader(text);
    if (!header) throw new DumpFault('foreign', 'it has a COPY that no manager writes');
    if (this.isComplete) throw new DumpFault('foreign', `it has rows after its line "${END}"`);
    const table = qualified(header.schema ?? this.#path.schemaFor(header.table), header.table);
    const announced = this.#announced;
    this.#announced = undefined;
    if (announced && announced.what !== table) throw missing(announced);
    this.#copied = table;
    this.#listener.copies(table, header.columns);
    return true;
  }

  #delete(text: string): void {
    const deletion = parseDeletion(text);
    // Without a schema it is the manager's own table, whatever the search_path: managers up to 6.4 write it so.
    if (!deletion || qualified(deletion.schema ?? 'public', deletion.table) !== 'executions') {
      throw new DumpFault('foreign', 'it has a DELETE of other rows than that of one execution');
    }
    this.#listener.deletes(deletion.id);
  }

  #harmless(text: string): void {
    const [, name = '', value = ''] = SET.exec(text) ?? [];
    const path = name.toLowerCase() === 'search_path' ? value : CONFIG_PATH.exec(text)?.[1]?.replaceAll("''", "'");
    const sequence = SETVAL.exec(text)?.[1];
    const trigger = parseTriggers(text);
    if (path !== undefined) this.#path.set(path);
    else if (name !== '') requireSetting(name.toLowerCase(), value);
    else if (sequence !== undefined) this.#sets(sequence.replaceAll("''", "'"));
    else if (trigger) this.#toggles(qualified(trigger.schema ?? this.#path.schemaFor(trigger.table), trigger.table));
    else throw foreign(text);
  }

  /** pg_dump announces every sequence that it sets. */
  #sets(sequence: string): void {
    const name = parseName(sequence);
    const what = name && qualified(name.schema ?? this.#path.schemaFor(name.table), name.table);
    if (what === undefined || this.#announced?.isTable !== false || this.#announced.what !== what) {
      throw new DumpFault('foreign', 'it sets the number of a sequence that it does not announce');
    }
    this.#announced = undefined;
  }

  /** `pg_dump --disable-triggers` does so around the rows of a table. */
  #toggles(table: string): void {
    if (table !== (this.#announced?.what ?? this.#copied)) {
      throw new DumpFault('foreign', 'it turns the triggers of a table on or off that has no rows there');
    }
  }

  #expectNothing(): void {
    if (this.#announced) throw missing(this.#announced);
  }
}

/** Throws `DumpFault` unless pg_dump writes the setting so. */
function requireSetting(name: string, value: string): void {
  if (SETTINGS[name]?.test(value.trim())) return;
  throw new DumpFault('foreign', `it sets ${name.slice(0, 60)} to a value that no manager writes`);
}

function foreign(text: string): DumpFault {
  const [command] = COMMANDS.exec(text) ?? [];
  if (command) return new DumpFault('foreign', `it has a statement ${command.toUpperCase()} that no manager writes`);
  return new DumpFault('corrupt', 'it has text outside of tables that is no statement');
}

function missing({ what, isTable }: { readonly what: string; readonly isTable: boolean }): DumpFault {
  const lost = isTable ? `the rows of the table ${what}` : `the number of the sequence ${what}`;
  return new DumpFault('corrupt', `it announces ${lost} and does not have them: a part is missing`);
}

function qualified(schema: string, table: string): string {
  return schema === 'public' ? table : `${schema}.${table}`;
}

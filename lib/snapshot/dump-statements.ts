import { parseCopyHeader, parseDeletion } from './copy-header.ts';
import { DumpFault } from './dump-fault.ts';
import { SearchPath } from './search-path.ts';
import type { SqlListener } from './sql-lexer.ts';

const BEGINNING = '-- PostgreSQL database dump';
const END = '-- PostgreSQL database dump complete';

/** What pg_dump writes above the rows of a table, and above the next number of a sequence. */
const ANNOUNCED = /^-- (?:Data for )?Name: (.*); Type: (TABLE DATA|SEQUENCE SET); Schema: (.*); Owner: /;

const COMMANDS =
  /^(?:abort|alter|analyze|begin|call|close|cluster|comment|commit|copy|create|declare|delete|discard|do|drop|end|execute|explain|fetch|grant|import|insert|listen|load|lock|merge|move|notify|prepare|reassign|refresh|reindex|release|reset|revoke|rollback|savepoint|security|select|set|show|start|table|truncate|unlisten|update|vacuum|values|with)\b/i;

/** What may stand in a dump of rows and changes no row. */
const HARMLESS = [
  /^set\s+(?:session\s+|local\s+)?(?!schema\b|role\b|transaction\b|names\b|constraints\b)[a-z_.]+\s*(?:=|\s+to\s)/i,
  /^select\s+(?:pg_catalog\.)?(?:setval|set_config)\s*\([^;]*\)$/i,
  /^alter\s+table\s+(?:only\s+)?\S+\s+(?:disable|enable)\s+trigger\s+all$/i,
];

const SET_PATH = /^set\s+(?:session\s+|local\s+)?search_path\s*(?:=|\s+to\s)\s*(.*)$/is;
const CONFIG_PATH = /^select\s+(?:pg_catalog\.)?set_config\s*\(\s*'search_path'\s*,\s*'((?:[^']|'')*)'\s*,/i;
const SET_ENCODING = /^set\s+(?:session\s+|local\s+)?client_encoding\s*(?:=|\s+to\s)\s*'?([^']*)'?$/i;
const SET_STRINGS = /^set\s+(?:session\s+|local\s+)?standard_conforming_strings\s*(?:=|\s+to\s)\s*'?([^']*)'?$/i;

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
    if (!HARMLESS.some((pattern) => pattern.test(text))) {
      const [command] = COMMANDS.exec(text) ?? [];
      if (command) throw new DumpFault('foreign', `it has a statement ${command.toUpperCase()} that no manager writes`);
      throw new DumpFault('corrupt', 'it has text outside of tables that is no statement');
    }
    if (/\bsetval\b/i.test(text) && this.#announced?.isTable === false) this.#announced = undefined;
    const path = SET_PATH.exec(text)?.[1] ?? CONFIG_PATH.exec(text)?.[1]?.replaceAll("''", "'");
    if (path !== undefined) this.#path.set(path);
    const encoding = SET_ENCODING.exec(text)?.[1];
    if (encoding !== undefined && !/^(?:utf-?8|unicode)$/i.test(encoding)) {
      throw new DumpFault('foreign', `it is in the encoding ${encoding.slice(0, 40)}; managers write UTF8`);
    }
    if (/^(?:off|false|no|0)$/i.test(SET_STRINGS.exec(text)?.[1] ?? '')) {
      throw new DumpFault('foreign', 'it turns standard_conforming_strings off');
    }
  }

  #expectNothing(): void {
    if (this.#announced) throw missing(this.#announced);
  }
}

function missing({ what, isTable }: { readonly what: string; readonly isTable: boolean }): DumpFault {
  const lost = isTable ? `the rows of the table ${what}` : `the number of the sequence ${what}`;
  return new DumpFault('corrupt', `it announces ${lost} and does not have them: a part is missing`);
}

function qualified(schema: string, table: string): string {
  return schema === 'public' ? table : `${schema}.${table}`;
}

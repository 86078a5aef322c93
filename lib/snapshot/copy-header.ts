/** A name of a table as it is written: unquoted ones in lower case, as PostgreSQL has them. */
export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

export interface CopyHeader extends TableName {
  /** None when the statement names none, as that of a table without columns does. */
  readonly columns: readonly string[];
}

const NAME = String.raw`"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`;
const TABLE = String.raw`(?:(${NAME})\s*\.\s*)?(${NAME})`;
const LIST = String.raw`\(\s*((?:${NAME})(?:\s*,\s*(?:${NAME}))*)?\s*\)`;
const HEADER = new RegExp(String.raw`^COPY\s+${TABLE}\s*(?:${LIST})?\s*FROM\s+STDIN$`, 'i');
const DELETION = new RegExp(
  String.raw`^DELETE\s+FROM\s+(?:ONLY\s+)?${TABLE}\s+WHERE\s+(?:id|"id")\s*=\s*'((?:[^']|'')*)'$`,
  'i',
);

const TRIGGERS = new RegExp(
  String.raw`^ALTER\s+TABLE\s+(?:ONLY\s+)?${TABLE}\s+(?:DISABLE|ENABLE)\s+TRIGGER\s+ALL$`,
  'i',
);
const WHOLE_NAME = new RegExp(`^${TABLE}$`);

/** Reads `COPY [schema.]table [(column, …)] FROM stdin`, any name quoted or not. `undefined` when it is none. */
export function parseCopyHeader(statement: string): CopyHeader | undefined {
  const [, schema, table, columns] = HEADER.exec(statement) ?? [];
  if (table === undefined) return undefined;
  const names = columns?.match(new RegExp(NAME, 'g'))?.map(nameOf) ?? [];
  return { schema: schema && nameOf(schema), table: nameOf(table), columns: names };
}

/** Reads `DELETE FROM [schema.]table WHERE id = '…'`. */
export function parseDeletion(statement: string): (TableName & { readonly id: string }) | undefined {
  const [, schema, table, id] = DELETION.exec(statement) ?? [];
  if (table === undefined || id === undefined) return undefined;
  return { schema: schema && nameOf(schema), table: nameOf(table), id: id.replaceAll("''", "'") };
}

/** Reads `ALTER TABLE [ONLY] [schema.]table DISABLE TRIGGER ALL`, or `ENABLE`. */
export function parseTriggers(statement: string): TableName | undefined {
  return tableName(TRIGGERS.exec(statement));
}

/** Reads `[schema.]name`, as it stands in the text that `setval` takes. */
export function parseName(written: string): TableName | undefined {
  return tableName(WHOLE_NAME.exec(written));
}

function tableName(found: RegExpExecArray | null): TableName | undefined {
  const [, schema, table] = found ?? [];
  return table === undefined ? undefined : { schema: schema && nameOf(schema), table: nameOf(table) };
}

/** A value of a row as it was before COPY's text format escaped it. */
export function unescapeValue(value: string): string {
  const plain: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' };
  return value.replace(/\\(.)/gs, (_, letter: string) => plain[letter] ?? letter);
}

/** A name without its quotes; without any, it is folded to lower case. */
export function nameOf(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}

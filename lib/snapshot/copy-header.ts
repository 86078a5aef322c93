/** The first line of a COPY block of a plain-text `pg_dump`. */
export interface CopyHeader {
  /** Without quotes; with its schema only when that is not `public`. */
  readonly table: string;
  readonly columns: readonly string[];
}

const NAME = String.raw`"(?:[^"]|"")+"|[^\s".,()]+`;
const HEADER = new RegExp(String.raw`^COPY (?:(${NAME})\.)?(${NAME})\s*(?:\((.*)\))?\s*FROM stdin;$`);

/** Reads `COPY [schema.]table (column, …) FROM stdin;`, any name quoted or not. `undefined` when the line is none. */
export function parseCopyHeader(line: string): CopyHeader | undefined {
  const [, schema, table, columns] = HEADER.exec(line) ?? [];
  if (table === undefined) return undefined;
  const prefix = schema === undefined || unquoted(schema) === 'public' ? '' : `${unquoted(schema)}.`;
  const names = columns?.match(new RegExp(NAME, 'g')) ?? [];
  return { table: prefix + unquoted(table), columns: names.map(unquoted) };
}

/** A value of a row as it was before COPY's text format escaped it. */
export function unescapeValue(value: string): string {
  const plain: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' };
  return value.replace(/\\(.)/gs, (_, letter: string) => plain[letter] ?? letter);
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

import { expect, test } from 'vitest';
import { parseCopyHeader, unescapeValue } from '../../lib/snapshot/copy-header.ts';
import type { Inventory } from '../../lib/snapshot/inventory.ts';
import { InventoryBuilder } from '../../lib/snapshot/inventory.ts';
import { PgDataCounts } from '../../lib/snapshot/pg-data.ts';
import { DumpReader } from '../../lib/snapshot/pg-dump.ts';

const MiB = 1024 * 1024;

function count(pieces: Iterable<Buffer>): Inventory {
  const counts = new PgDataCounts();
  const reader = new DumpReader('"pg_data" of archive.zip', counts);
  for (const piece of pieces) reader.feed(piece);
  const inventory = new InventoryBuilder();
  reader.finish(() => counts.addTo(inventory));
  return inventory.build();
}

const HEAD = '--\n-- PostgreSQL database dump\n--\n\n';
const END = '--\n-- PostgreSQL database dump complete\n--\n\n';
const TENANTS = 'COPY public.tenants (id, name) FROM stdin;\n0\tdefault_tenant\n1\tt1\n\\.\n\n';
const USERS = 'COPY public.users (id, username) FROM stdin;\n0\tadmin\n\\.\n\n';
const BLUEPRINTS = 'COPY public.blueprints (id, _tenant_id) FROM stdin;\n1\t0\n2\t1\n\\.\n\n';

/** A whole dump with `text` before its end. */
const dump = (text: string, tail = '') => `${HEAD}${TENANTS}${USERS}${BLUEPRINTS}${text}${END}${tail}`;

const countText = (text: string) => count([Buffer.from(text)]);

/** Deterministic, so that a failure can be looked into: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function* pieces(data: Buffer, size: () => number): Generator<Buffer> {
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + Math.max(1, size()));
    yield data.subarray(at, end);
    at = end;
  }
}

// Every way to name a table, tenants after rows that need them, nulls and escapes wherever they could mislead.
const TRICKY = [
  HEAD,
  'SET client_encoding = UTF8;',
  'SET xmloption = content; -- COPY of nothing',
  '',
  'COPY public.blueprints (_storage_id, id, plan, _tenant_id, visibility) FROM stdin;',
  `1\tbp\t\\\\x80\\t\\n\\\\.\\N${'p'.repeat(3000)}\t7\ttenant`,
  '\\N\t\\\\.\tx\t0\ttenant',
  '2\tbp2\t\\N\t\\N\ttenant',
  '3\tbp3\t\tx\t404',
  '\\.',
  'COPY "groups" (id, name) FROM stdin;',
  '\\N\t\\N',
  '\\.',
  'COPY tenants (name, "rabbit, (password)", id) FROM stdin;',
  'default_tenant\tp\t0',
  'caf\u00e9 \\\\ \\t\tp\t7',
  '\\.',
  'COPY public.empty (id, _tenant_id) FROM stdin;',
  '\\.',
  'COPY public.executions (id) FROM stdin;',
  '\\.',
  'COPY public.events (_storage_id, "timestamp", _tenant_id) FROM stdin;',
  '1\tnow\t0',
  '2\tnow\t0',
  '\\.',
  'COPY public.no_columns FROM stdin;',
  '',
  '',
  '\\.',
  'COPY other."A b" (_tenant_id) FROM stdin;',
  '7',
  '',
  '\\N',
  '0',
  '\\.',
  USERS,
  '-- COPYRIGHT is no COPY line',
  END,
  "DELETE FROM executions WHERE id = 'x';",
  '',
].join('\n');

const EXPECTED = {
  tenants: 2,
  users: 1,
  no_columns: 2,
  blueprints: 4,
  user_groups: 1,
  events: 2,
  'other.A b': 4,
};

test('rows are counted by table, and by tenant where the table says', () => {
  const { totals, tenants } = countText(TRICKY);
  expect(totals).toMatchObject(EXPECTED);
  expect(totals).not.toHaveProperty('empty');
  expect(tenants).toEqual({
    default_tenant: { blueprints: 1, 'other.A b': 1 },
    'café \\ \t': { blueprints: 1, 'other.A b': 1 },
    // Ids that no tenant has, an empty one among them; a null is no id.
    '#x': { blueprints: 1 },
    '#': { 'other.A b': 1 },
  });
});

test('the counts do not depend on how the dump is cut into pieces', () => {
  const data = Buffer.from(TRICKY);
  const whole = count([data]);
  for (let at = 1; at < data.length; at++) expect(count([data.subarray(0, at), data.subarray(at)])).toEqual(whole);
  for (const size of [1, 2, 3, 7, 64]) expect(count(pieces(data, () => size))).toEqual(whole);
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    expect(count(pieces(data, () => Math.floor(next() * 40))), `seed ${seed}`).toEqual(whole);
  }
});

test('rows of 5 MB are counted across pieces of any size, in flat memory', () => {
  const row = (id: number, tenant: number) => `${id}\t${'x'.repeat(5 * MiB)}\t${tenant}\n`;
  const block = `${HEAD}${USERS}COPY tenants (id, name) FROM stdin;\n0\ta\n1\tb\n\\.\nCOPY blueprints (id, plan, _tenant_id) FROM stdin;\n`;
  const data = Buffer.from(`${block}${row(1, 0)}${row(2, 1)}${row(3, 1)}\\.\n${END}`);
  const next = random(5);
  for (const size of [() => 65_536, () => 65_537, () => 1 + Math.floor(next() * 200_000), () => data.length]) {
    expect(count(pieces(data, size))).toMatchObject({
      totals: { tenants: 2, blueprints: 3 },
      tenants: { a: { blueprints: 1 }, b: { blueprints: 2 } },
    });
  }
});

test('150 MB of log lines are counted, whatever the pieces', () => {
  const line = Buffer.from(`12345\t2026-11-22 02:00:00\t${'Task succeeded '.repeat(10)}\t0\n`);
  const lines = Buffer.alloc(line.length * 6000, line);
  function* dump(): Generator<Buffer> {
    yield Buffer.from(`${HEAD}${TENANTS}${USERS}${BLUEPRINTS}`);
    yield Buffer.from('COPY public.executions (id) FROM stdin;\n\\.\n');
    yield Buffer.from('COPY public.logs (_storage_id, reported_timestamp, message, _tenant_id) FROM stdin;\n');
    for (let at = 0; at < 150 * MiB; at += lines.length) yield* pieces(lines, () => 256 * 1024);
    yield Buffer.from(`\\.\n${END}`);
  }
  const before = process.memoryUsage().arrayBuffers;
  expect(count(dump()).totals.logs).toBe(Math.ceil((150 * MiB) / lines.length) * 6000);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * MiB);
});

const MEMBER_CORRUPT = expect.objectContaining({ name: 'MemberCorrupt' });
const UNSUPPORTED = expect.objectContaining({ name: 'ArchiveUnsupported' });

/** Whatever the pieces, the same verdict. */
function expectRefused(text: string | Buffer, error: unknown, why?: string): void {
  for (const size of [1, 7, 1_000_000]) {
    const refused = () => count(pieces(Buffer.from(text), () => size));
    expect(refused, `pieces of ${size}`).toThrow(error);
    if (why !== undefined) expect(refused).toThrow(why);
  }
}

test('a dump that is cut off anywhere before its last statement is refused', () => {
  const whole = dump('', "DELETE FROM public.executions WHERE id = 'x';\n");
  expect(countText(whole).totals).toMatchObject({ tenants: 2, users: 1, blueprints: 2 });
  const complete = whole.indexOf('complete') + 'complete'.length;
  for (let at = 0; at < whole.length - 1; at++) {
    const cut = whole.slice(0, at);
    // What is missing after its last line are comments and the manager's own DELETE.
    const isWhole = at >= complete && !cut.slice(complete).includes('D');
    if (!isWhole && !cut.endsWith(';')) expect(() => countText(cut), `at ${at}`).toThrow(MEMBER_CORRUPT);
  }
});

test.each([
  ['one NUL byte in a row', dump('').replace('admin', 'ad\0min')],
  ['a sector of NUL bytes between tables', dump('').replace(BLUEPRINTS, `${'\0'.repeat(4096)}${BLUEPRINTS}`)],
  ['no beginning', dump('').slice(HEAD.length)],
  ['a row with a column too few', dump('').replace('\tadmin', '')],
  ['a row with a column too many', dump('').replace('\tadmin', '\tadmin\t')],
  ['an empty line among rows', dump('').replace('0\tadmin\n', '0\tadmin\n\n')],
  ['a carriage return', dump('').replace('admin\n', 'admin\r\n')],
  ['an end of a table in the middle of a row', dump('').replace('admin', 'ad\\.min')],
  ['an end of a table that goes on', dump('').replace('\\.\n', '\\.x\n')],
  ['an escaped tab', dump('').replace('0\tadmin', '0\\\tadmin')],
  ['an escaped line feed', dump('').replace('admin\n', 'admin\\\n')],
  ['an escape in octal', dump('').replace('admin', 'adm\\151n')],
  ['rows outside of tables', dump('').replace('COPY public.users (id, username) FROM stdin;\n', '')],
  ['an end without a table', dump('\\.\n')],
  ['a table without an end', dump('').replace('\\.\n', '')],
  ['bytes that are not UTF-8', Buffer.from(dump('').replace('admin', 'caf\u00e9'), 'latin1')],
  ['no table of users', dump('').replace(USERS, '')],
  ['deployments that have lost their tables', dump('COPY public.nodes (id) FROM stdin;\n\\.\n')],
  ['a word that does not unlock', dump('\\restrict abc\n', '\\unrestrict abd\n')],
  [
    'a table that was announced and is not there',
    dump('-- Data for Name: sites; Type: TABLE DATA; Schema: public; Owner: c\n'),
  ],
  [
    'a table that was announced and is another one',
    dump(
      '-- Data for Name: sites; Type: TABLE DATA; Schema: public; Owner: c\nCOPY public.secrets (id) FROM stdin;\n\\.\n',
    ),
  ],
  ['a sequence that was announced', dump('-- Name: a_seq; Type: SEQUENCE SET; Schema: public; Owner: c\n')],
  ['a vertical tab, which is no blank before PostgreSQL 16', dump('SET\vrow_security = off;\n')],
  ['a statement that is not over', dump('', 'DELETE FROM executions WHERE id =')],
  ['a quote that is not over', dump('', "DELETE FROM executions WHERE id = 'x;\n")],
  ['a comment that is not over', dump('', '/* x\n')],
])('a dump with %s is MemberCorrupt', (_, text) => {
  expectRefused(text, MEMBER_CORRUPT);
});

test.each([
  ['INSERT', dump("INSERT INTO public.blueprints VALUES (3, '0');\n")],
  ['insert in lower case, over lines', dump("insert into public.blueprints\nvalues (3,\n '0');\n")],
  ['WITH', dump('WITH x AS (SELECT 1) INSERT INTO public.blueprints SELECT 3, 0;\n')],
  ['DELETE of other rows', dump('', 'DELETE FROM public.blueprints;\n')],
  ['DELETE of blueprints by id', dump('', "DELETE FROM public.blueprints WHERE id = '1';\n")],
  ['TRUNCATE', dump('TRUNCATE public.blueprints;\n')],
  ['UPDATE', dump("UPDATE public.tenants SET name = 'x';\n")],
  ['CREATE TABLE, which exists when a manager restores', dump('CREATE TABLE public.x (id integer);\n')],
  ['COPY from a file', dump("COPY public.secrets (id) FROM '/etc/passwd';\n")],
  ['COPY to the outside', dump('COPY public.secrets (id) TO stdout;\n')],
  ['COPY in another format', dump('COPY public.secrets (id) FROM stdin WITH (FORMAT csv);\n1\n\\.\n')],
  ['a table twice', dump(BLUEPRINTS)],
  ['rows after its end', dump('', BLUEPRINTS)],
  ['another encoding', dump("SET client_encoding = 'LATIN1';\n")],
  ['backslashes in strings', dump('SET standard_conforming_strings = off;\n')],
  // What follows changes where rows go, or whether PostgreSQL takes them, in ways that pg_dump does not write.
  ['a read-only transaction', dump('SET transaction_read_only = on;\n')],
  ['a time-out', dump('SET statement_timeout = 1;\n')],
  ['a parameter that there is not', dump('SET no_such_parameter = 1;\n')],
  ['a value that there is not', dump("SET check_function_bodies = E 'x';\n")],
  ['a variable of psql', dump('SET default_tablespace = :x;\n')],
  ['another user', dump("SET session_authorization = 'x';\n")],
  ['a search_path in an expression', dump("SELECT set_config('search_' || 'path', 'audit', false);\n")],
  ['a search_path in an E string', dump("SELECT pg_catalog.set_config(E'search_path', 'audit', false);\n")],
  ['an encoding by a function', dump("SELECT set_config('client_encoding', 'LATIN1', false);\n")],
  ['a sequence that it does not announce', dump("SELECT pg_catalog.setval('public.x_seq', 1, true);\n")],
  ['a sequence of rows', dump("SELECT setval('public.x_seq', count(*)) FROM users;\n")],
  ['triggers of a table that is not there', dump('ALTER TABLE public.x DISABLE TRIGGER ALL;\n')],
  ['a line longer than 64 KiB outside of tables', dump(`-- ${'x'.repeat(70_000)}\n`)],
  ['a statement longer than 64 KiB', dump(`SET a =\n${'x\n'.repeat(40_000)};\n`)],
  [
    'a table without schema where search_path is empty',
    dump("SET search_path = '';\nCOPY secrets (id) FROM stdin;\n\\.\n"),
  ],
  ['a table that may be in two schemas', dump('SET search_path = a, b;\nCOPY secrets (id) FROM stdin;\n\\.\n')],
])('a dump with %s is ArchiveUnsupported', (_, text) => {
  expectRefused(text, UNSUPPORTED);
});

test.each([
  ['SET search_path = audit, pg_catalog;', 'audit.secrets'],
  ['SET search_path TO public, pg_catalog;', 'secrets'],
  ['SET search_path = "$user", public;', 'secrets'],
  ['set session search_path to "Au dit";', 'Au dit.secrets'],
  ["SET search_path = 'audit';", 'audit.secrets'],
  ["SELECT pg_catalog.set_config('search_path', 'audit', false);", 'audit.secrets'],
  ['SET search_path = audit; SET search_path = DEFAULT;', 'secrets'],
  ['SET search_path = audit; /* SET search_path = public; */ -- SET search_path = public;', 'audit.secrets'],
  ["SET search_path = 'audit' /* a /* nested */ comment */;", 'audit.secrets'],
])('after %s a table without a schema is %s', (path, table) => {
  const { totals } = countText(dump(`${path}\nCOPY secrets (id) FROM stdin;\n1\n\\.\n`));
  expect(totals).toMatchObject({ [table]: 1, blueprints: 2 });
});

test('what pg_dump --disable-triggers writes around rows, and its sequences, change nothing', () => {
  const rows = 'COPY public.secrets (id, _tenant_id) FROM stdin;\n1\t0\n\\.\n';
  const [off, on] = ['DISABLE', 'ENABLE'].map((what) => `ALTER TABLE public.secrets ${what} TRIGGER ALL;\n`);
  const data = '-- Data for Name: secrets; Type: TABLE DATA; Schema: public; Owner: c\n';
  const sequence =
    "-- Name: a_seq; Type: SEQUENCE SET; Schema: public; Owner: c\nSELECT pg_catalog.setval('public.a_seq', 7, true);\n";
  expect(countText(dump(`${data}${off}${rows}${on}${sequence}`)).totals).toMatchObject({ secrets: 1 });
});

test.each([
  ['in lower case', 'copy public.secrets (id, _tenant_id) from stdin;'],
  ['in mixed case, folded', 'Copy PUBLIC.Secrets (Id, _Tenant_ID) From STDIN;'],
  ['quoted', 'COPY "public"."secrets" ("id", "_tenant_id") FROM stdin;'],
  ['over lines and with a comment', 'COPY public.secrets -- x\n (id,\n _tenant_id)\nFROM stdin;'],
  ['after another statement', 'SET row_security = off; COPY public.secrets (id, _tenant_id) FROM stdin;'],
])('a COPY line %s is read', (_, line) => {
  const { totals, tenants } = countText(dump(`${line}\n1\t0\n2\t1\n\\.\n`));
  expect(totals).toMatchObject({ secrets: 2 });
  expect(tenants).toMatchObject({ t1: { secrets: 1 } });
});

test.each([
  ['its own', "DELETE FROM public.executions WHERE id = 'b';", 2, 1],
  ['its own, without schema', "DELETE FROM executions WHERE id = 'b';", 2, 1],
  ['its own, in lower case and quoted', `delete from only "public"."executions" where "id"='b';`, 2, 1],
  ['one that is not there', "DELETE FROM public.executions WHERE id = 'z';", 3, 2],
  ['its own twice', "DELETE FROM executions WHERE id = 'b';\nDELETE FROM executions WHERE id = 'b';", 2, 1],
])('the manager deletes %s execution at the end', (_, deletion, total, ofTenant) => {
  const executions =
    'COPY public.executions (_storage_id, id, _tenant_id) FROM stdin;\n1\ta\t0\n2\tb\t1\n3\tc\t1\n\\.\n';
  const { totals, tenants } = countText(dump(executions, `${deletion}\n`));
  expect(totals).toMatchObject({ executions: total });
  expect(tenants).toMatchObject({ t1: { executions: ofTenant }, default_tenant: { executions: 1 } });
});

test('no secret of a dump is in a message about it', () => {
  const secret = 'hunter2';
  for (const text of [
    `INSERT INTO secrets VALUES ('${secret}');\n`,
    `${secret}\n;`,
    `COPY public.secrets (id) FROM stdin;\n${secret}\t1\n`,
  ]) {
    expect(() => countText(dump(text))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  }
});

test.each([
  ['COPY tenants (id, name) FROM stdin', { schema: undefined, table: 'tenants', columns: ['id', 'name'] }],
  ['COPY public."A ""b""" (id, "x, y") FROM stdin', { schema: 'public', table: 'A "b"', columns: ['id', 'x, y'] }],
  ['COPY own.t (a) FROM stdin', { schema: 'own', table: 't', columns: ['a'] }],
  ['COPY a.b.c (a) FROM stdin', undefined],
  ['COPY t (a) TO stdout', undefined],
])('%s', (line, expected) => {
  expect(parseCopyHeader(line)).toEqual(expected);
});

test('escapes of COPY are undone', () => {
  expect(unescapeValue('a\\tb\\nc\\\\d\\.e')).toBe('a\tb\nc\\d.e');
});

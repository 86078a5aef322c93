import type { ArchivedUser } from './identity.ts';
import type { ArchiveInventory } from './inventory.ts';
import { emptyTables } from './pg-empty-tables.ts';
import { eventRow, type Table, tablesOf } from './pg-tables.ts';
import type { Random } from './random.ts';
import { deflated, type Member, repeatable, repeated } from './zip-writer.ts';

const HEADER = `--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;

`;

/** About 1 MiB of one event row: deflate shrinks it near its limit of 1,030:1, so 20 GB take 20 MB. */
const ROWS_PER_BLOCK = 8_000;

export interface PgDataOptions {
  readonly inventory: ArchiveInventory;
  readonly version: string;
  readonly executionId: string;
  readonly random: Random;
  readonly users: readonly ArchivedUser[];
  /** Grow the dump to about this many bytes with event rows. */
  readonly bytes?: number;
}

export interface PgData {
  readonly member: Member;
  /** Event rows beyond the inventory that `bytes` asked for. */
  readonly extraEvents: number;
}

/** The `pg_data` member: a data-only dump in COPY form (contract §10.1). */
export function pgData({ inventory, version, executionId, random, users, bytes = 0 }: PgDataOptions): PgData {
  const tables = tablesOf(inventory, { executionId, users }, random);
  // pg_dump names the schema from PostgreSQL 10 on; 5.x managers run 9.5 and set search_path instead.
  const isOld = version.startsWith('5.');
  const schema = isOld ? '' : 'public.';
  const isEvents = (table: Table): boolean => table.name === 'events';
  const empty = emptyTables(version).map(([name, columns]) => ({ name, columns, rows: [] }));
  const filled = tables.filter((table) => !isEvents(table));
  const before = [...filled, ...empty].map((table) => `${copyOf(table, schema)}\\.\n\n\n`);
  const head = `${HEADER}${isOld ? 'SET search_path = public, pg_catalog;\n\n' : ''}${before.join('')}${tables
    .filter(isEvents)
    .map((table) => copyOf(table, schema))
    .join('')}`;
  const tail = `\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n\nDELETE FROM executions WHERE id = '${executionId}';\n`;
  const missing = bytes - head.length - tail.length;
  if (missing <= 0) return { member: deflated('pg_data', Buffer.from(head + tail)), extraEvents: 0 };
  const block = repeatable(Buffer.from(`${eventRow(1, 0)}\n`.repeat(ROWS_PER_BLOCK)));
  const times = Math.max(1, Math.round(missing / block.plain.length));
  const member = repeated('pg_data', block, times, Buffer.from(tail), Buffer.from(head));
  return { member, extraEvents: times * ROWS_PER_BLOCK };
}

function copyOf({ name, columns, rows }: Omit<Table, 'name'> & { readonly name: string }, schema: string): string {
  const title = `--\n-- Data for Name: ${name}; Type: TABLE DATA; Schema: public; Owner: cloudify\n--\n\n`;
  return `${title}COPY ${schema}${name} (${columns}) FROM stdin;\n${rows.map((line) => `${line}\n`).join('')}`;
}

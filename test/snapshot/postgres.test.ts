import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InventoryBuilder } from '../../lib/snapshot/inventory.ts';
import { PgDataCounts } from '../../lib/snapshot/pg-data.ts';
import { DumpReader } from '../../lib/snapshot/pg-dump.ts';
import { editDump, partsOf } from '../support/content-edits.ts';
import { Postgres } from '../support/postgres.ts';
import { seeded } from '../support/seeded.ts';

/** Random edits of dumps that PostgreSQL itself loads; `POSTGRES_CASES=1000` loads more. */
const CASES = Number(process.env['POSTGRES_CASES'] ?? 40);

const DUMPS = ['manager-5.1.0.zip', 'legacy-7.1.0.dev1-three-revisions.zip'].map((name) => {
  const parts = partsOf(readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url)));
  return parts.find((part) => part.name === 'pg_data')?.data ?? Buffer.alloc(0);
});

/** Tables and sequences for a dump, all columns as text: what a row is, and not what is in it, is compared. */
function schemaOf(dump: string): { readonly create: string; readonly tables: readonly string[] } {
  const copies = [...dump.matchAll(/^COPY (?:public\.)?(\S+) \((.*)\) FROM stdin;$/gm)];
  const tables = copies.map(([, table = '']) => table);
  const columns = (list = '') => list.split(', ').map((column) => `${column} text`);
  const sequences = [...dump.matchAll(/setval\('(?:public\.)?([^']+)'/g)].map(([, name]) => `CREATE SEQUENCE ${name};`);
  const create = copies.map(([, table, list]) => `CREATE TABLE ${table} (${columns(list).join(', ')});`);
  return { create: [...create, ...sequences].join('\n'), tables };
}

/** Rows by table that are found in a dump, or why it is refused. */
function ours(dump: Buffer): Record<string, number> | string {
  const counts = new PgDataCounts();
  const reader = new DumpReader('pg_data', counts);
  for (let at = 0; at < dump.length; at += 4096) reader.feed(dump.subarray(at, at + 4096));
  const inventory = new InventoryBuilder();
  try {
    reader.finish(() => counts.addTo(inventory));
  } catch (error) {
    return String(error);
  }
  return Object.fromEntries(Object.entries(inventory.build().totals).filter(([, count]) => count > 0));
}

const NAMES: Readonly<Record<string, string>> = { groups: 'user_groups' };

test('what is accepted of a dump edited at random is what PostgreSQL loads of it', { timeout: 600_000 }, async ({
  skip,
}) => {
  const postgres = await Postgres.start();
  if (typeof postgres === 'string') return skip(`${postgres} Dumps are not compared with what PostgreSQL loads.`);
  try {
    const differences: unknown[] = [];
    for (const [index, genuine] of DUMPS.entries()) {
      const { create, tables } = schemaOf(genuine.toString());
      const schema = `SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; SET search_path = public;\n${create}`;
      const count = tables.map((table) => `SELECT '${table}|' || count(*) FROM public.${table}`).join(' UNION ALL ');
      const theirs = async (dump: Buffer) => {
        // Without a schema it means the manager's own table here, whatever the search_path (docs/reference/managers.md, 10.1).
        const text = dump.toString('latin1').replace(/^DELETE FROM executions/gm, 'DELETE FROM public.executions');
        const rows = await postgres.psql(Buffer.from(schema), Buffer.from(text, 'latin1'), count);
        const found = rows
          .trim()
          .split('\n')
          .map((row) => row.split('|'))
          .filter(([, rows]) => Number(rows) > 0);
        return Object.fromEntries(found.map(([table = '', rows]) => [NAMES[table] ?? table, Number(rows)]));
      };
      for (const random of [undefined, ...seeded(CASES / DUMPS.length)]) {
        const dump = random ? editDump(genuine, random) : genuine;
        const found = ours(dump);
        if (typeof found === 'string') continue;
        const loaded = await theirs(dump).catch((error: unknown) => String(error));
        if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(loaded)))
          differences.push({ index, found, loaded });
      }
    }
    expect(differences).toEqual([]);
  } finally {
    await postgres.stop();
  }
});

const sorted = (value: Record<string, number> | string) =>
  typeof value === 'string' ? value : Object.entries(value).sort();

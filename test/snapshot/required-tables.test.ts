import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MemberCorrupt } from '../../lib/base/errors.ts';
import { InventoryBuilder } from '../../lib/snapshot/inventory.ts';
import { PgDataCounts } from '../../lib/snapshot/pg-data.ts';
import { DumpReader } from '../../lib/snapshot/pg-dump.ts';
import { partsOf } from '../support/content-edits.ts';

/** Why the dump of a manager of this version is refused, if it is. */
function faultOf(dump: string, version: string): string | undefined {
  const counts = new PgDataCounts(version);
  const reader = new DumpReader('pg_data', counts);
  reader.feed(Buffer.from(dump, 'latin1'));
  try {
    reader.finish(() => counts.addTo(new InventoryBuilder()));
    return undefined;
  } catch (error) {
    if (error instanceof MemberCorrupt) return error.message;
    throw error;
  }
}

function dumpOf(name: string): string {
  const parts = partsOf(readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url)));
  return parts.find((part) => part.name === 'pg_data')?.data.toString('latin1') ?? '';
}

/** As if pg_dump had never known the table: without its rows and what announces them. */
function without(dump: string, table: string): string {
  const block = new RegExp(
    `--\\n-- (?:Data for )?Name: ${table}; Type: TABLE DATA;[^\\n]*\\n--\\n\\nCOPY (?:public\\.)?${table} [^]*?\\n\\\\\\.\\n`,
  );
  expect(dump).toMatch(block);
  return dump.replace(block, '');
}

const tablesOf = (dump: string) => [...dump.matchAll(/^COPY (?:public\.)?(\S+) /gm)].map(([, table = '']) => table);

/** What somebody may leave out of a snapshot, and what a restore can do without. */
const OPTIONAL = ['events', 'logs', 'log_bundles'];

const GENUINE = [
  { archive: 'manager-5.1.0.zip', version: '5.1.0', tables: 25 },
  { archive: 'legacy-7.1.0.dev1-three-revisions.zip', version: '7.1.0.dev1', tables: 41 },
];

for (const { archive, version, tables } of GENUINE) {
  const dump = dumpOf(archive);

  test(`a dump of ${version} is refused by name when any table is missing that its restore needs`, () => {
    expect(faultOf(dump, version)).toBeUndefined();
    expect(tablesOf(dump)).toHaveLength(tables);
    for (const table of tablesOf(dump)) {
      const fault = faultOf(without(dump, table), version);
      if (OPTIONAL.includes(table)) expect(fault, table).toBeUndefined();
      else expect(fault, table).toMatch(new RegExp(`it has no table (?:\\w+, )*${table}(?:, \\w+)*, which a dump of`));
    }
  });

  test(`a dump of ${version} without events and logs is whole: a snapshot may be made without`, () => {
    expect(faultOf(without(without(dump, 'events'), 'logs'), version)).toBeUndefined();
  });
}

test('of a line that is newer than any dump that was seen, the tables are required that all dumps have', () => {
  const [oldest = '', newest = ''] = GENUINE.map(({ archive }) => dumpOf(archive));
  for (const version of ['7.2.0', '8.0.0', '10.1']) {
    for (const table of tablesOf(newest)) {
      const isNeeded = tablesOf(oldest).includes(table) && !OPTIONAL.includes(table);
      expect(faultOf(without(newest, table), version) !== undefined, `${version} ${table}`).toBe(isNeeded);
    }
  }
});

test('of a line of which no dump was seen, those are required that managers have had since 4.0', () => {
  for (const version of ['4.6.0', '5.0.5', '5.2.7', '6.4.2', '7.0.5']) {
    const dump = dumpOf('manager-5.1.0.zip');
    expect(faultOf(without(dump, 'sites'), version)).toBeUndefined();
    for (const table of ['tenants', 'users', 'blueprints']) {
      expect(faultOf(without(dump, table), version), `${version} ${table}`).toContain(table);
    }
  }
});

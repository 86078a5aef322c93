import { ArchiveUnsupported, MemberCorrupt } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import type { ArchiveOptions, Directory } from '../zip/directory.ts';
import type { Member } from '../zip/member.ts';
import { whereIs } from '../zip/member.ts';
import type { Reading } from '../zip/member-runs.ts';
import { readMembers } from '../zip/member-runs.ts';
import { CopyRows } from './copy-rows.ts';
import { rowsReading } from './count-items.ts';
import { InventoryBuilder } from './inventory.ts';
import { JsonDocument } from './json-document.ts';
import { LIST, OBJECT } from './json-grammar.ts';
import { DumpReader } from './pg-dump.ts';
import { JSON_FILES, PG_DATA, UI_DUMPS } from './required-members.ts';

/**
 * Reads what a legacy restore feeds to psql and to json.load: the dumps of the manager's database, which is counted, and of
 * its two UIs, and the JSON files beside them. Throws `MemberCorrupt`, `ArchiveUnsupported`.
 */
export async function readLegacy(
  source: ByteSource,
  label: string,
  directory: Directory,
  options: ArchiveOptions & { readonly snapshotVersion: string },
): Promise<InventoryBuilder> {
  const inventory = new InventoryBuilder();
  const begin = (member: Member): Reading => {
    if (member.name === PG_DATA) return rowsReading(member, label, options.snapshotVersion, inventory);
    return UI_DUMPS.includes(member.name) ? uiDump(member, label) : jsonFile(member, label);
  };
  const wants = ({ name }: Member) => name === PG_DATA || UI_DUMPS.includes(name) || JSON_FILES.includes(name);
  await readMembers(source, label, directory, { ...options, wants, begin });
  return inventory;
}

/** Its rows are checked and not counted. */
function uiDump(member: Member, label: string): Reading {
  const opens = (table: string, columns: readonly string[]) => new CopyRows(table, columns.length, []);
  const reader = new DumpReader(whereIs(member, label), { opens, deletes: () => {} });
  return { sink: (piece) => reader.feed(piece), done: () => reader.finish() };
}

function jsonFile(member: Member, label: string): Reading {
  const document = new JsonDocument();
  const done = () => {
    const found = document.finish();
    if (typeof found === 'string') throw new MemberCorrupt(`${whereIs(member, label)} is not JSON: it has ${found}.`);
    const lack = found ? lackOf(member.name, document.kinds) : 'is no JSON object';
    if (lack) throw new ArchiveUnsupported(`${whereIs(member, label)} ${lack}.`);
  };
  return { sink: (piece) => document.feed(piece), done };
}

/**
 * What is there, but not as a restore takes it: it would fail on it, in the middle (cloudify-manager, snapshots/networks.py
 * `get_networks_from_snapshot`, agents.py `restore`).
 */
function lackOf(name: string, kinds: ReadonlyMap<string, number>): string | undefined {
  const networks = name === 'networks.json' ? (kinds.get('active_networks') ?? LIST) : LIST;
  if (networks !== LIST) return 'has "active_networks" that are no list';
  const isLost = name === 'agents.json' && [...kinds.values()].some((kind) => kind !== OBJECT);
  return isLost ? 'has a tenant that is no JSON object' : undefined;
}

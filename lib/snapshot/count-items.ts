import { ArchiveUnsupported } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import type { ArchiveOptions, Directory } from '../zip/directory.ts';
import type { Member } from '../zip/member.ts';
import { whereIs } from '../zip/member.ts';
import type { Reading } from '../zip/member-runs.ts';
import { readMember, readMembers } from '../zip/member-runs.ts';
import { InventoryBuilder, typeName } from './inventory.ts';
import { ItemCounter } from './json-items.ts';
import { PgDataCounter } from './pg-dump.ts';

/** Reads `pg_data` once from end to end. Throws `MemberCorrupt`, `ArchiveUnsupported`. */
export async function countRows(
  source: ByteSource,
  label: string,
  pgData: Member,
  options: ArchiveOptions,
): Promise<InventoryBuilder> {
  const counter = new PgDataCounter(whereIs(pgData, label));
  const begin = (): Reading => ({ sink: (piece) => counter.feed(piece), done: () => {} });
  await readMember(source, label, pgData, { ...options, begin });
  const inventory = new InventoryBuilder();
  counter.finish(inventory);
  return inventory;
}

/**
 * Reads every page of a new-format archive. Pages are `mgmt/00000001.json` and `tenants/<tenant>/00000001.json` since
 * 7.0.1, and `mgmt/<type>/0.json` and `tenants/<tenant>/<type>/<n or id>.json` before. Throws `MemberCorrupt`,
 * `ArchiveUnsupported`.
 */
export async function countPages(
  source: ByteSource,
  label: string,
  directory: Directory,
  options: ArchiveOptions,
): Promise<InventoryBuilder> {
  const inventory = new InventoryBuilder();
  const wants = (member: Member): boolean => {
    // Each tenant has a folder, be it empty; the walk comes by all of them.
    const tenant = tenantOf(member.name);
    if (tenant !== undefined) inventory.addTenant(tenant);
    return /^(?:mgmt|tenants\/[^/]+)\/.*\.json$/s.test(member.name);
  };
  await readMembers(source, label, directory, { ...options, wants, begin: (member) => page(member, label, inventory) });
  return inventory;
}

function page(member: Member, label: string, inventory: InventoryBuilder): Reading {
  const counter = new ItemCounter();
  const done = () => {
    const count = counter.finish();
    if (!count) throw new ArchiveUnsupported(`${whereIs(member, label)} is no JSON object.`);
    const type = typeName(count.type ?? folderOf(member.name));
    const tenant = tenantOf(member.name);
    const counts: [string, number][] =
      type === 'events'
        ? [
            ['events', count.items - count.logs],
            ['logs', count.logs],
          ]
        : [[type, count.items]];
    for (const [name, items] of counts) {
      inventory.addTotal(name, items);
      if (tenant !== undefined) inventory.addToTenant(tenant, name, items);
    }
  };
  return { sink: (piece) => counter.feed(piece), done };
}

function tenantOf(name: string): string | undefined {
  return /^tenants\/([^/]+)\//.exec(name)?.[1];
}

/** The folder of a page is its type before 7.0.1. */
function folderOf(name: string): string {
  return name.split('/').at(-2) ?? name;
}

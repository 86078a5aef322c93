import { ArchiveUnsupported, MemberCorrupt } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import type { ArchiveOptions, Directory } from '../zip/directory.ts';
import type { Member } from '../zip/member.ts';
import { whereIs } from '../zip/member.ts';
import type { Reading } from '../zip/member-runs.ts';
import { readMembers } from '../zip/member-runs.ts';
import { InventoryBuilder } from './inventory.ts';
import { PageFault } from './item-store.ts';
import { PageCounts } from './page-counts.ts';
import { PageNames, placeOf } from './page-names.ts';
import { PageReader } from './page-reader.ts';
import { PgDataCounts } from './pg-data.ts';
import { DumpReader } from './pg-dump.ts';

/** Counts the rows of `pg_data`, which a manager of `version` wrote, while it is read. */
export function rowsReading(pgData: Member, label: string, version: string, inventory: InventoryBuilder): Reading {
  const counts = new PgDataCounts(version);
  const reader = new DumpReader(whereIs(pgData, label), counts);
  return { sink: (piece) => reader.feed(piece), done: () => reader.finish(() => counts.addTo(inventory)) };
}

/**
 * Reads every page of a new-format archive (lib/snapshot/page-names.ts) and counts what a restore keeps of it. Throws
 * `MemberCorrupt`, `MemberMissing`, `ArchiveUnsupported`.
 */
export async function countPages(
  source: ByteSource,
  label: string,
  directory: Directory,
  options: ArchiveOptions,
): Promise<InventoryBuilder> {
  const inventory = new InventoryBuilder();
  const counts = new PageCounts(inventory);
  const names = new PageNames(label);
  const wants = (member: Member) => names.add(member);
  await readMembers(source, label, directory, { ...options, wants, begin: (member) => page(member, label, counts) });
  for (const tenant of names.tenants()) inventory.addTenant(tenant);
  return inventory;
}

function page(member: Member, label: string, counts: PageCounts): Reading {
  const reader = new PageReader();
  const done = () => {
    const refuse = (what: string) => new ArchiveUnsupported(`${whereIs(member, label)} ${what}.`);
    try {
      const found = reader.finish();
      if (typeof found === 'string') throw new MemberCorrupt(`${whereIs(member, label)} is not JSON: it has ${found}.`);
      const place = placeOf(member.name);
      if (place === undefined) throw refuse('is a page that no manager names so');
      if (found.type === undefined && place.layout === 'numbered') throw refuse('has no "type"');
      counts.add(found, place);
    } catch (error) {
      throw error instanceof PageFault ? refuse(error.message) : error;
    }
  };
  return { sink: (piece) => reader.feed(piece), done };
}

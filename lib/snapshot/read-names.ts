import { MemberCorrupt } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { type ArchiveOptions, type Directory, openDirectory } from '../zip/directory.ts';
import { type Member, whereIs } from '../zip/member.ts';
import { type Reading, readMembers } from '../zip/member-runs.ts';
import { DumpNames } from './dump-names.ts';
import { isNamedType, type NamedItem, NamedItems } from './named-items.ts';
import { PageItemNames } from './page-item-names.ts';
import { placeOf } from './page-names.ts';
import { DumpReader } from './pg-dump.ts';
import { PG_DATA } from './required-members.ts';

const TENANT_FOLDER = /^tenants\/([^/]+)\/$/;

/**
 * Reads the names of what an archive holds: of a legacy one from its dump, of a new one from its pages; each member that
 * is read is checked. Other members are not read. Throws `MemberCorrupt`, `ArchiveUnsupported`, and what
 * the source and `openDirectory` throw.
 */
export async function readNames(
  source: ByteSource,
  label: string,
  format: 'legacy' | 'new',
  options: ArchiveOptions = {},
): Promise<NamedItem[]> {
  const directory = await openDirectory(source, label, options);
  const items = new NamedItems(label);
  await (format === 'legacy' ? readDump : readPages)(directory, items, { source, label, options });
  return items.all();
}

interface Place {
  readonly source: ByteSource;
  readonly label: string;
  readonly options: ArchiveOptions;
}

async function readDump(directory: Directory, items: NamedItems, { source, label, options }: Place): Promise<void> {
  const begin = (member: Member): Reading => {
    const names = new DumpNames();
    const reader = new DumpReader(whereIs(member, label), names);
    return { sink: (piece) => reader.feed(piece), done: () => reader.finish(() => names.addTo(items)) };
  };
  await readMembers(source, label, directory, { ...options, wants: ({ name }) => name === PG_DATA, begin });
}

async function readPages(directory: Directory, items: NamedItems, { source, label, options }: Place): Promise<void> {
  const begin = (member: Member): Reading => {
    const page = new PageItemNames();
    const done = () => {
      const place = placeOf(member.name);
      const fault = place && page.finish(place, items);
      if (fault) throw new MemberCorrupt(`${whereIs(member, label)} is not JSON: it has ${fault}.`);
    };
    return { sink: (piece) => page.feed(piece), done };
  };
  const wants = ({ name }: Member) => {
    // A restore finds tenants by their folders (lib/snapshot/page-names.ts).
    const folder = TENANT_FOLDER.exec(name)?.[1];
    if (folder !== undefined) items.add({ type: 'tenants', tenant: null, id: folder, name: folder });
    const place = placeOf(name);
    return place !== undefined && (place.layout === 'numbered' || isNamedType(place.type));
  };
  await readMembers(source, label, directory, { ...options, wants, begin });
}

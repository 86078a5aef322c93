import type { Readable } from 'node:stream';
import type { ByteSource } from './byte-source.ts';
import { type ArchiveIdentity, usersOf } from './identity.ts';
import { type ArchiveInventory, type InventoryOptions, planInventory } from './inventory.ts';
import { legacyMembers, type MemberPlan } from './legacy-members.ts';
import { newMembers } from './new-members.ts';
import { Random } from './random.ts';
import type { SegmentedBytes } from './segments.ts';
import {
  deflated,
  folder,
  type Member,
  type PlacedMember,
  type RepeatableBlock,
  repeatable,
  repeated,
  stored,
  writeZip,
  type ZipFaults,
} from './zip-writer.ts';

type ArchiveFormat = 'legacy' | 'new';

export interface ArchiveOptions extends ZipFaults {
  readonly format?: ArchiveFormat;
  readonly version?: string;
  /** Exact size of the archive. Smaller than the smallest possible one gives that one. */
  readonly sizeBytes?: number;
  readonly seed?: number;
  readonly inventory?: InventoryOptions;
  /** Members to leave out. */
  readonly missing?: readonly string[];
  /** So many more members of a few bytes each. */
  readonly smallMembers?: number;
  /** Size of `pg_data` inflated (legacy only): 20e9 costs 20 MB of archive and 1 MB of memory. */
  readonly pgDataBytes?: number;
  /** Whose passwords it holds. */
  readonly identity?: ArchiveIdentity;
  /** Of the manager that made it (legacy only); community archives name one schema revision of three. */
  readonly edition?: 'community' | 'premium';
}

/** A snapshot archive that is computed, not stored: any size, any range of bytes, the same for the same seed. */
export interface GeneratedArchive extends ByteSource {
  readonly format: ArchiveFormat;
  readonly version: string;
  /** CRC-32 of the whole file. */
  readonly crc32: number;
  readonly inventory: ArchiveInventory;
  readonly members: readonly PlacedMember[];
  read(start: number, length: number): Promise<Readable>;
  /** The same without a stream around it. The chunks are shared: do not write into them. */
  chunks(start: number, length: number): Generator<Buffer>;
}

/** About the median of small installations; big enough that a part of 1 MiB is not the whole. */
const USUAL_BYTES = 3_000_000;
/** A prime, so that no part size is a multiple of it: two swapped parts never hold the same bytes. */
const BLOCK_BYTES = 1_000_003;

export function makeArchive(options: ArchiveOptions = {}): GeneratedArchive {
  const { format = 'new', version = format === 'new' ? '7.0.5' : '6.4.2', seed = 1 } = options;
  const random = new Random(seed);
  const inventory = planInventory(options.inventory);
  const executionId = random.uuid();
  const { identity, edition } = options;
  const users = usersOf(inventory.users, identity);
  const content = { inventory, version, executionId, random, users };
  const pgBytes = options.pgDataBytes === undefined ? {} : { bytes: options.pgDataBytes };
  const plan = format === 'legacy' ? legacyMembers({ ...content, ...pgBytes, identity, edition }) : newMembers(content);
  const block = repeatable(random.bytes(BLOCK_BYTES), 0);
  const { bytes, placed } = fitToSize(plan, block, options, format === 'legacy');
  return {
    format,
    version,
    size: bytes.size,
    crc32: bytes.crc32,
    inventory: withExtraEvents(inventory, plan.extraEvents),
    members: placed,
    read: (start, length) => bytes.read(start, length),
    chunks: (start, length) => bytes.chunks(start, length),
  };
}

interface Written {
  readonly bytes: SegmentedBytes;
  readonly placed: PlacedMember[];
}

/** Writes the archive with growing blobs until it has the wanted size; what is left over goes into the pad. */
function fitToSize(plan: MemberPlan, block: RepeatableBlock, options: ArchiveOptions, isLegacy: boolean): Written {
  const { sizeBytes = USUAL_BYTES, missing = [], smallMembers = 0 } = options;
  const absent = new Set(missing);
  const fixed = [...plan.members, ...bulkOf(smallMembers, isLegacy)];
  const write = (bulk: number, pad: number): Written => {
    const members = [...fixed, ...blobsOf(plan.blobs, block, bulk), stored(plan.pad, block.plain.subarray(0, pad))];
    const present = members.filter(({ name }) => !absent.has(name));
    return writeZip(withFolders(present, plan.emptyFolders, isLegacy), options);
  };
  const smallest = write(0, 0);
  // Deflate adds 5 bytes to each 65,535: start a little under the aim, then close in; three rounds are enough.
  let bulk = Math.max(0, Math.floor(((sizeBytes - smallest.bytes.size) * 65_000) / 65_010) - 64);
  let written = bulk === 0 ? smallest : write(bulk, 0);
  for (let round = 0; round < 8 && written.bytes.size > sizeBytes && bulk > 0; round++) {
    bulk = Math.max(0, bulk - (written.bytes.size - sizeBytes) - 64);
    written = write(bulk, 0);
  }
  let pad = 0;
  for (let round = 0; round < 3 && written.bytes.size < sizeBytes; round++) {
    pad += sizeBytes - written.bytes.size;
    if (pad > BLOCK_BYTES) throw new RangeError(`cannot make an archive of ${sizeBytes} bytes`);
    written = write(bulk, pad);
  }
  return written;
}

/** The bulk in equal shares, the last blob taking the rest. */
function blobsOf(names: readonly string[], block: RepeatableBlock, bulk: number): Member[] {
  const share = Math.floor(bulk / names.length);
  return names.map((name, index) => {
    const size = index === names.length - 1 ? bulk - share * (names.length - 1) : share;
    const times = Math.floor(size / block.plain.length);
    return repeated(name, block, times, block.plain.subarray(0, size - times * block.plain.length));
  });
}

function bulkOf(count: number, isLegacy: boolean): Member[] {
  const base = isLegacy ? 'blueprints/default_tenant/many' : 'tenants/default_tenant/many';
  const content = deflated('', Buffer.from('node_types: {}\n# one of very many small files\n')).content;
  return Array.from({ length: count }, (_, n) => ({ name: `${base}/file_${n + 1}.yaml`, content }));
}

/** Adds the folder entries and sorts as `os.walk` does: a folder's folders, its files, then what is below. */
function withFolders(members: readonly Member[], emptyFolders: readonly string[], isLegacy: boolean): Member[] {
  const children = new Map<string, { folders: Set<string>; files: Member[] }>([
    ['', { folders: new Set(), files: [] }],
  ]);
  const open = (path: string): { folders: Set<string>; files: Member[] } => {
    const known = children.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf('/');
    open(cut < 0 ? '' : path.slice(0, cut)).folders.add(path);
    const fresh = { folders: new Set<string>(), files: [] };
    children.set(path, fresh);
    return fresh;
  };
  for (const path of emptyFolders) open(path);
  for (const member of members)
    open(member.name.slice(0, Math.max(0, member.name.lastIndexOf('/')))).files.push(member);
  const walk = (path: string): Member[] => {
    const { folders, files } = open(path);
    return [...[...folders].map((name) => folder(name, isLegacy)), ...files, ...[...folders].flatMap(walk)];
  };
  return walk('');
}

function withExtraEvents(inventory: ArchiveInventory, extra: number): ArchiveInventory {
  const [first, ...others] = inventory.tenants;
  if (extra === 0 || first === undefined) return inventory;
  return {
    ...inventory,
    tenants: [{ ...first, events: first.events + extra }, ...others],
    totals: { ...inventory.totals, events: inventory.totals.events + extra },
  };
}

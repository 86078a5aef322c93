import { ArchiveUnsupported, MemberMissing } from '../base/errors.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import type { ArchiveOptions, Directory } from '../zip/directory.ts';
import { openDirectory } from '../zip/directory.ts';
import type { Member } from '../zip/member.ts';
import { whereIs } from '../zip/member.ts';
import { readMember } from '../zip/member-runs.ts';
import type { VerifySpan } from '../zip/verify-spans.ts';
import { SpanPlanner } from '../zip/verify-spans.ts';
import { countPages } from './count-items.ts';
import type { Inventory } from './inventory.ts';
import { readLegacy } from './legacy-members.ts';
import type { Metadata } from './metadata.ts';
import { MAX_METADATA_BYTES, METADATA, parseMetadata } from './metadata.ts';
import type { ArchiveFormat } from './required-members.ts';
import { formatOf, KNOWN_FOLDERS, KNOWN_NAMES, requireContent, requireMembers } from './required-members.ts';

export interface InspectOptions extends ArchiveOptions {
  /** Bytes of a verify span; 2 GiB unless told. */
  readonly targetBytes?: number | undefined;
  /** Where verify spans end, instead. */
  readonly cuts?: readonly number[] | undefined;
}

/** What the directory says, added up. Sizes in bytes. */
export interface DirectoryFacts {
  /** All entries, those of folders included. */
  readonly memberCount: number;
  readonly fileCount: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly directoryOffset: number;
  readonly directorySize: number;
}

export interface ArchiveFacts extends DirectoryFacts {
  readonly format: ArchiveFormat;
  /** Of the manager that wrote it. */
  readonly snapshotVersion: string;
  readonly metadata: Metadata;
  /** The required members of its format, all present. */
  readonly requiredMembers: readonly string[];
  readonly inventory: Inventory;
  /** Cover every member once, in order. */
  readonly verifySpans: readonly VerifySpan[];
}

interface Survey extends DirectoryFacts {
  readonly known: ReadonlyMap<string, Member>;
  /** Names and folders among those that matter. */
  readonly found: ReadonlySet<string>;
  readonly verifySpans: readonly VerifySpan[];
}

/**
 * Reads the directory, `metadata.json` and everything that a manager's restore has to understand (dumps and JSON files of a
 * legacy archive, the pages of a new one) of a stored archive, checking each member it reads. `label` names the archive in messages.
 *
 * Throws `ArchiveEmpty`, `NotAnArchive`, `ArchiveTruncated`, `ArchiveUnsupported`, `ArchiveTooLarge`, `MemberMissing`,
 * `MemberCorrupt`, the errors of the source, and the signal's reason.
 */
export async function inspectArchive(
  source: ByteSource,
  label: string,
  options: InspectOptions = {},
): Promise<ArchiveFacts> {
  try {
    const directory = await openDirectory(source, label, options);
    const { known, found, ...survey } = await surveyMembers(directory, label, options);
    const metadata = await readMetadata(source, label, known.get(METADATA), options);
    const format = formatOf(metadata, found);
    const requiredMembers = requireMembers(format, metadata, found, label);
    const count = format === 'legacy' ? readLegacy : countPages;
    const { snapshotVersion } = metadata;
    const counted = await count(source, label, directory, { ...options, snapshotVersion });
    const inventory = counted.build();
    requireContent(format, inventory, label);
    return { format, snapshotVersion, metadata, ...survey, requiredMembers, inventory };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

/**
 * `metadata.json` alone, of an archive that was inspected before, and how many members it has: the directory is read, and
 * no other member. Throws as `inspectArchive`.
 */
export async function lookInside(
  source: ByteSource,
  label: string,
  options: ArchiveOptions = {},
): Promise<{ readonly metadata: Metadata; readonly memberCount: number }> {
  try {
    const directory = await openDirectory(source, label, options);
    const metadata = await readMetadata(source, label, await findMember(directory, METADATA), options);
    return { metadata, memberCount: directory.memberCount };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function findMember(directory: Directory, name: string): Promise<Member | undefined> {
  for await (const member of directory.members()) if (member.name === name) return member;
  return undefined;
}

async function surveyMembers(directory: Directory, label: string, options: InspectOptions): Promise<Survey> {
  const known = new Map<string, Member>();
  const found = new Set<string>();
  const sums = { fileCount: 0, compressedBytes: 0, uncompressedBytes: 0 };
  const planner = new SpanPlanner(label, directory.directoryOffset, options.targetBytes, options.cuts);
  for await (const member of directory.members()) {
    planner.add(member);
    if (!member.name.endsWith('/')) sums.fileCount++;
    sums.compressedBytes += member.compressedSize;
    sums.uncompressedBytes += member.size;
    if (KNOWN_NAMES.has(member.name)) {
      // Which of the two a restore would take depends on its reader: that is no archive to rely on.
      if (known.has(member.name)) throw new ArchiveUnsupported(`${whereIs(member, label)} is there twice.`);
      known.set(member.name, member);
      found.add(member.name);
    }
    for (const folder of KNOWN_FOLDERS) if (member.name.startsWith(folder)) found.add(folder);
  }
  const { memberCount, directoryOffset, directorySize } = directory;
  return { memberCount, directoryOffset, directorySize, ...sums, known, found, verifySpans: planner.finish() };
}

async function readMetadata(
  source: ByteSource,
  label: string,
  member: Member | undefined,
  options: ArchiveOptions,
): Promise<Metadata> {
  if (!member) throw new MemberMissing(`${label} lacks ${METADATA}, which every archive of a manager has.`);
  if (member.size > MAX_METADATA_BYTES) {
    throw new ArchiveUnsupported(
      `${whereIs(member, label)} has ${member.size} bytes; ${MAX_METADATA_BYTES} is the most.`,
    );
  }
  const pieces: Buffer[] = [];
  const begin = () => ({ sink: (piece: Buffer) => void pieces.push(Buffer.from(piece)), done: () => {} });
  await readMember(source, label, member, { ...options, begin });
  return parseMetadata(Buffer.concat(pieces), label);
}

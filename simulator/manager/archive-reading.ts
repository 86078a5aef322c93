import { countPages, countRows } from '../../lib/snapshot/count-items.ts';
import type { Inventory } from '../../lib/snapshot/inventory.ts';
import { METADATA, type Metadata, parseMetadata } from '../../lib/snapshot/metadata.ts';
import { KNOWN_NAMES, PG_DATA } from '../../lib/snapshot/required-members.ts';
import type { ByteSource } from '../../lib/zip/byte-source.ts';
import { type Directory, openDirectory } from '../../lib/zip/directory.ts';
import type { Member } from '../../lib/zip/member.ts';
import { readMember } from '../../lib/zip/member-runs.ts';

/** What the workflow finds in an archive, read with the project's own reader. */
export interface ReadableArchive {
  readonly metadata: Metadata;
  /** Members by name, of those that a legacy restore opens. */
  readonly members: ReadonlySet<string>;
  /** Of the dump if there is one, else of the pages. */
  readonly inventory: Inventory | undefined;
  /** Why the content could not be read. */
  readonly contentError?: string;
  readonly salt?: string;
  readonly admin?: { readonly name: string; readonly passwordHash: string };
}

/** Or why the workflow gets nowhere with it. */
export type ArchiveReading = ReadableArchive | { readonly error: string };

const LABEL = 'the archive';

/** The same bytes are read once, however often they are restored. */
const known = new WeakMap<ByteSource, Promise<ArchiveReading>>();

export function readArchive(source: ByteSource | undefined, id: string): Promise<ArchiveReading> {
  if (source === undefined) {
    const path = `/opt/manager/resources/snapshots/${id}/${id}.zip`;
    return Promise.resolve({ error: `FileNotFoundError: [Errno 2] No such file or directory: '${path}'` });
  }
  const reading = known.get(source) ?? read(source);
  known.set(source, reading);
  return reading;
}

async function read(source: ByteSource): Promise<ArchiveReading> {
  const opened = await openDirectory(source, LABEL, {}).then(membersOf, () => undefined);
  if (opened === undefined) return { error: 'zipfile.BadZipFile: File is not a zip file' };
  const { directory, found } = opened;
  const textOf = async (name: string): Promise<string> => {
    const member = found.get(name);
    if (member === undefined) throw new Error(`KeyError: "There is no item named '${name}' in the archive"`);
    return text(source, member);
  };
  try {
    const metadata = parseMetadata(await textOf(METADATA), LABEL);
    const content = await contentOf(source, directory, found.get(PG_DATA));
    const salt = fieldsOf(await textOf('rest-security.conf').catch(() => ''))['hash_salt'];
    const admin = fieldsOf(await textOf('admin_account.json').catch(() => ''));
    const { username, password } = admin;
    return {
      metadata,
      members: new Set(found.keys()),
      ...content,
      ...(typeof salt === 'string' ? { salt } : {}),
      ...(typeof username === 'string' && typeof password === 'string'
        ? { admin: { name: username, passwordHash: password } }
        : {}),
    };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

async function membersOf(directory: Directory): Promise<{ directory: Directory; found: Map<string, Member> }> {
  const found = new Map<string, Member>();
  for await (const member of directory.members()) if (KNOWN_NAMES.has(member.name)) found.set(member.name, member);
  return { directory, found };
}

async function contentOf(
  source: ByteSource,
  directory: Directory,
  pgData: Member | undefined,
): Promise<Pick<ReadableArchive, 'inventory' | 'contentError'>> {
  try {
    const counting =
      pgData === undefined ? countPages(source, LABEL, directory, {}) : countRows(source, LABEL, pgData, {});
    return { inventory: (await counting).build() };
  } catch (error) {
    return { inventory: undefined, contentError: `zipfile.BadZipFile: ${messageOf(error)}` };
  }
}

async function text(source: ByteSource, member: Member): Promise<string> {
  const pieces: Buffer[] = [];
  const begin = () => ({ sink: (piece: Buffer) => void pieces.push(Buffer.from(piece)), done: () => {} });
  await readMember(source, LABEL, member, { begin });
  return Buffer.concat(pieces).toString();
}

/** psql pads its row with a blank and ends it with empty lines. */
function fieldsOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json.trim());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

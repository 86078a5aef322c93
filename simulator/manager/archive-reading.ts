import type { ByteSource } from '../archive/byte-source.ts';
import type { Restorable } from './content.ts';
import { DumpReader } from './dump-reading.ts';
import { isPage, loadJson, PageReader } from './page-reading.ts';
import { extractionError, openZip, type ZipMember } from './zip-reading.ts';

/** What the workflow finds in an archive, read with yauzl and eyes of its own: never with the product's readers. */
export interface ReadableArchive {
  readonly version: string;
  /** Whether its metadata names all three schema revisions, as 7.x asks for. */
  readonly namesRevisions: boolean;
  readonly members: ReadonlySet<string>;
  /** Why not every member can be read. */
  readonly damage?: string;
  /** Why its members cannot lie beside each other in one folder, as a legacy restore puts them. */
  readonly clash?: string;
  /** What a legacy restore brings back, or what psql says; none without a dump. */
  readonly dump?: Readable<Restorable>;
  /** What a new-format restore brings back, or what it ends with. */
  readonly pages: Readable<Restorable & { readonly isFirstLayout: boolean }>;
  readonly salt?: string;
  readonly admin?: { readonly name: string; readonly passwordHash: string };
}

type Readable<T> = T | { readonly error: string };

/** Or why the workflow gets nowhere with it. */
export type ArchiveReading = Readable<ReadableArchive>;

/** The same bytes are read once, however often they are restored. */
const known = new WeakMap<ByteSource, Promise<ArchiveReading>>();

export function readArchive(source: ByteSource | undefined, id: string): Promise<ArchiveReading> {
  if (source === undefined) {
    const path = `/opt/manager/resources/snapshots/${id}/${id}.zip`;
    return Promise.resolve({ error: `FileNotFoundError: [Errno 2] No such file or directory: '${path}'` });
  }
  const reading = known.get(source) ?? read(source).catch((error: Error) => ({ error: error.message }));
  known.set(source, reading);
  return reading;
}

const TEXTS: ReadonlySet<string> = new Set(['metadata.json', 'rest-security.conf', 'admin_account.json']);

async function read(source: ByteSource): Promise<ReadableArchive> {
  const { names, members } = await openZip(source);
  const texts = new Map<string, Buffer>();
  const [dump, pages] = [new Attempt(new DumpReader()), new Attempt(new PageReader())];
  let damage: string | undefined;
  for (const member of members.values()) {
    const isKept = TEXTS.has(member.name) || isPage(member.name);
    const pieces: Buffer[] = [];
    try {
      for await (const piece of member.pieces()) {
        if (member.name === 'pg_data') dump.go((reader) => reader.feed(piece));
        else if (isKept) pieces.push(Buffer.from(piece));
      }
    } catch (error) {
      damage ??= messageOf(error);
      continue;
    }
    const bytes = Buffer.concat(pieces);
    if (TEXTS.has(member.name)) texts.set(member.name, bytes);
    else if (isKept) pages.go((reader) => reader.add(member.name, bytes));
  }
  const clash = extractionError(names, '/tmp/tmpx-snapshot-data');
  return {
    ...metadataIn(texts, members),
    ...identityIn(texts),
    members: new Set(members.keys()),
    ...(damage === undefined ? {} : { damage }),
    ...(clash === undefined ? {} : { clash }),
    ...(members.has('pg_data') ? { dump: dump.end((reader) => reader.finish()) } : {}),
    pages: pages.end((reader) => reader.finish(names)),
  };
}

/** Work that goes on until it fails once. */
class Attempt<R> {
  readonly #reader: R;
  #error: string | undefined;

  constructor(reader: R) {
    this.#reader = reader;
  }

  go(work: (reader: R) => void): void {
    this.end(work);
  }

  end<T>(work: (reader: R) => T): Readable<T> {
    try {
      if (this.#error === undefined) return work(this.#reader);
    } catch (error) {
      this.#error = messageOf(error);
    }
    return { error: this.#error ?? '' };
  }
}

const REVISIONS = ['schema_revision', 'stage_schema_revision', 'composer_schema_revision'];

function metadataIn(texts: ReadonlyMap<string, Buffer>, members: ReadonlyMap<string, ZipMember>) {
  const bytes = texts.get('metadata.json');
  if (bytes === undefined) {
    if (members.has('metadata.json')) throw new Error("zipfile.BadZipFile: Bad CRC-32 for file 'metadata.json'");
    throw new Error(`KeyError: "There is no item named 'metadata.json' in the archive"`);
  }
  const fields = loadJson(bytes);
  if (typeof fields !== 'object' || fields === null) throw new Error('TypeError: metadata is no dict');
  if (!('snapshot_version' in fields)) throw new Error("KeyError: 'snapshot_version'");
  return { version: String(fields.snapshot_version), namesRevisions: REVISIONS.every((name) => name in fields) };
}

/** psql pads the admin's row with a blank and ends it with empty lines. */
function identityIn(texts: ReadonlyMap<string, Buffer>): Pick<ReadableArchive, 'salt' | 'admin'> {
  const fieldsOf = (name: string): Readonly<Record<string, unknown>> => {
    try {
      return { ...(loadJson(texts.get(name) ?? Buffer.from('{}')) as object) };
    } catch {
      return {};
    }
  };
  const { hash_salt: salt } = fieldsOf('rest-security.conf');
  const { username, password } = fieldsOf('admin_account.json');
  return {
    ...(typeof salt === 'string' ? { salt } : {}),
    ...(typeof username === 'string' && typeof password === 'string'
      ? { admin: { name: username, passwordHash: password } }
      : {}),
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

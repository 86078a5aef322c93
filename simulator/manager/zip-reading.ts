import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import type { ByteSource } from '../archive/byte-source.ts';

/** A zip as the manager's Python sees it: names from its directory, of two alike the last one. Read with yauzl. */
export interface OpenedZip {
  /** In the order of the directory, names of folders with their slash. */
  readonly names: readonly string[];
  /** By name, as `zipfile` finds them. */
  readonly members: ReadonlyMap<string, ZipMember>;
}

export interface ZipMember {
  readonly name: string;
  /** Inflated, and compared with its CRC-32 at the end. */
  pieces(): AsyncIterable<Buffer>;
}

class SourceReader extends RandomAccessReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const out = new PassThrough();
    this.#source.read(start, end - start).then(
      (stream) => stream.on('error', (error) => out.destroy(error)).pipe(out),
      (error: Error) => out.destroy(error),
    );
    return out;
  }
}

/** Throws what Python's `zipfile` would say, as its class and text. */
export async function openZip(source: ByteSource): Promise<OpenedZip> {
  const end = await endOf(source);
  const zip = await fromRandomAccessReaderPromise(new SourceReader(source), end, {
    lazyEntries: true,
    // The names' own bytes: yauzl would take those of a Unicode path field, which the managers' Pythons do not know.
    decodeStrings: false,
    autoClose: false,
  }).catch((error: Error) => {
    throw new Error(`zipfile.BadZipFile: ${error.message}`);
  });
  const names: string[] = [];
  const members = new Map<string, ZipMember>();
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    names.push(name);
    members.set(name, { name, pieces: () => piecesOf(zip, entry, name) });
  }
  return { names, members };
}

const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const ZIP64_BYTES = 20 + 56;

/** Where the zip ends. Python looks for the last end record and minds nothing behind it; yauzl does. */
async function endOf(source: ByteSource): Promise<number> {
  const start = Math.max(0, source.size - END_BYTES - LONGEST_COMMENT - ZIP64_BYTES);
  const pieces: Buffer[] = [];
  for await (const piece of (await source.read(start, source.size - start)) as AsyncIterable<Buffer>)
    pieces.push(piece);
  const tail = Buffer.concat(pieces);
  const at = tail.lastIndexOf('PK\x05\x06', tail.length - END_BYTES, 'latin1');
  if (at < 0) throw new Error('zipfile.BadZipFile: File is not a zip file');
  // It expects the ZIP64 record where it stands when nothing is in between, and takes nothing that is longer.
  const hasLocator = at >= ZIP64_BYTES && tail.toString('latin1', at - 20, at - 16) === 'PK\x06\x07';
  if (hasLocator && tail.toString('latin1', at - ZIP64_BYTES, at - ZIP64_BYTES + 4) !== 'PK\x06\x06') {
    throw new Error('zipfile.BadZipFile: Bad offset for central directory');
  }
  return Math.min(source.size, start + at + END_BYTES + tail.readUInt16LE(at + 20));
}

const UTF8_FLAG = 0x800;

function nameOf({ fileNameRaw, generalPurposeBitFlag }: Entry): string {
  if ((generalPurposeBitFlag & UTF8_FLAG) === 0) return fileNameRaw.toString('latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fileNameRaw);
  } catch {
    throw new Error("UnicodeDecodeError: 'utf-8' codec can't decode byte in the name of a member: invalid start byte");
  }
}

async function* piecesOf(zip: ZipFile, entry: Entry, name: string): AsyncGenerator<Buffer> {
  if (entry.isEncrypted()) {
    throw new Error(`RuntimeError: File '${name}' is encrypted, password required for extraction`);
  }
  let crc = 0;
  try {
    const header = await zip.readLocalFileHeaderPromise(entry);
    if (!header.fileName.equals(entry.fileNameRaw)) {
      throw new Error(`File name in directory '${name}' and header ${header.fileName} differ.`);
    }
    for await (const piece of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    const isDeflate = code?.startsWith('Z_') === true;
    throw new Error(
      `${isDeflate ? 'zlib.error: Error -3 while decompressing data' : 'zipfile.BadZipFile'}: ${message}`,
    );
  }
  if (crc !== entry.crc32) throw new Error(`zipfile.BadZipFile: Bad CRC-32 for file '${name}'`);
}

const LONGEST_PART = 255;
const LONGEST_PATH = 4096;

/** What `extractall` ends with, or nothing: empty parts and dots are left out of names first, as Python does. */
export function extractionError(names: readonly string[], root: string): string | undefined {
  const kinds = new Map<string, 'file' | 'folder'>([['', 'folder']]);
  for (const name of names) {
    const parts = name.split('/').filter((part) => !['', '.', '..'].includes(part));
    const path = parts.join('/');
    const at = `'${root}/${path}'`;
    if (parts.some((part) => Buffer.byteLength(part) > LONGEST_PART) || Buffer.byteLength(path) > LONGEST_PATH) {
      return `OSError: [Errno 36] File name too long: ${at}`;
    }
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (kinds.get(parent) === 'file') return `NotADirectoryError: [Errno 20] Not a directory: ${at}`;
      kinds.set(parent, 'folder');
    }
    const kind = name.endsWith('/') ? 'folder' : 'file';
    if (kind === 'file' && kinds.get(path) === 'folder') return `IsADirectoryError: [Errno 21] Is a directory: ${at}`;
    if (kind === 'folder' && kinds.get(path) === 'file') return `FileExistsError: [Errno 17] File exists: ${at}`;
    kinds.set(path, kind);
  }
  return undefined;
}

import { isAscii, isUtf8 } from 'node:buffer';
import { decodeName, isUtf8Name } from './member-name.ts';
import { FILE, FOLDER, type PathKind, PathSet } from './path-set.ts';

/** Of one part of a path on every file system of Linux (NAME_MAX). */
const MAX_PART_BYTES = 255;

/**
 * Of a whole name: Linux takes paths of 4,095 bytes (PATH_MAX), and a manager extracts into a folder of its own, such as
 * `/tmp/tmpab12cd34-snapshot-data/`. 255 bytes are left for that folder.
 */
const MAX_NAME_BYTES = 4095 - 255;

/** 128 MB of memory, twice that while the set grows. */
const MAX_PATHS = 4_000_000;

const SLASH = 0x2f;
const DOT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * Finds what `extractall` of a manager's Python cannot extract, or extracts as something else than the archive says.
 * Python leaves out empty parts, `.` and `..` of a name; two names could become one path so. Names with such parts are
 * refused, so every other name is its own path. Names that differ in case only are two files on Linux.
 */
export class ExtractedPaths {
  readonly #paths = new PathSet();

  /** Returns what is wrong with this name beside those before, if anything: the end of a sentence about the member. */
  add(name: Buffer, flags: number): string | undefined {
    if (name.length === 0) return 'has no name';
    if (isWindowsPath(name)) return 'has a name that is absolute or climbs out on Windows';
    if (isAscii(name)) return this.#addPath(name, 0);
    if (isUtf8Name(flags)) {
      if (!isUtf8(name)) return 'has a name that is flagged as UTF-8 and is not';
      return this.#addPath(name, 0) ?? this.#addPath(name, 1);
    }
    // Python 3 decodes it by code page 437 and writes the path in UTF-8; Python 2.7 writes the bytes as they are.
    return this.#addPath(Buffer.from(decodeName(flags, name)), 0) ?? this.#addPath(name, 1);
  }

  /** `seed` keeps the paths of Python 3 (0) and those of 2.7 (1) apart. */
  #addPath(name: Buffer, seed: number): string | undefined {
    if (name.length > MAX_NAME_BYTES)
      return `has a name of ${name.length} bytes; Linux takes ${MAX_NAME_BYTES} below a folder`;
    const { length } = name;
    let first = 0x811c9dc5 ^ seed;
    let second = 0x9e3779b9 ^ seed;
    let partStart = 0;
    for (let at = 0; at < length; at++) {
      const byte = name[at] ?? 0;
      if (byte === SLASH) {
        const problem =
          partProblem(name, partStart, at) ?? this.#remember(name, at, first, second, FOLDER, at === length - 1);
        if (problem) return problem;
        partStart = at + 1;
      } else if (byte === 0) return 'has a NUL in its name, where Python ends the name';
      // FNV-1a, and a second hash that also mixes downwards.
      first = Math.imul(first ^ byte, 0x01000193);
      second = Math.imul(second ^ byte, 0x5bd1e995);
      second ^= second >>> 15;
    }
    // A name that ends with a slash is a folder's.
    if (partStart === length) return undefined;
    return partProblem(name, partStart, length) ?? this.#remember(name, length, first, second, FILE, true);
  }

  #remember(
    name: Buffer,
    end: number,
    first: number,
    second: number,
    kind: PathKind,
    isWhole: boolean,
  ): string | undefined {
    const known = this.#paths.add(first, second, kind);
    if (known === undefined) {
      return this.#paths.count > MAX_PATHS ? `is one of more than ${MAX_PATHS} files and folders` : undefined;
    }
    if (known === FOLDER && kind === FOLDER) return undefined;
    if (known === FILE && kind === FILE) return 'is there twice';
    const path = JSON.stringify(name.toString('utf8', 0, end).slice(-120));
    if (isWhole) return `is a file and a folder in one archive (${path})`;
    return `lies in ${path}, which is a file in the same archive`;
  }
}

/** Letters like others on a manager, which is Linux; but whoever unpacks the archive elsewhere must not be hurt by it. */
function isWindowsPath(name: Buffer): boolean {
  if (name[1] !== COLON && !name.includes(BACKSLASH)) return false;
  const text = name.toString('latin1');
  return /^\\|^[a-z]:[/\\]/i.test(text) || text.split(/[/\\]/).includes('..');
}

/** What is wrong with one part of a path, if anything. */
function partProblem(name: Buffer, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > MAX_PART_BYTES) return `has a part of ${length} bytes in its name; Linux takes ${MAX_PART_BYTES}`;
  if (length === 0) return start === 0 ? 'has an absolute name' : 'has an empty part in its name ("//")';
  if (name[start] !== DOT || length > 2) return undefined;
  if (length === 1) return 'has the part "." in its name';
  return name[start + 1] === DOT ? 'has a name that climbs out with ".."' : undefined;
}

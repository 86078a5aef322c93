import type * as Fs from 'node:fs';
import type * as Promises from 'node:fs/promises';
import type { Writable } from 'node:stream';

/** What the file system does wrong below `below`: a call that fails with a code, or a disk with so many bytes left. */
export const disk = {
  below: '',
  fails: undefined as { call: string; code: string; after: number } | undefined,
  bytesLeft: Number.POSITIVE_INFINITY,

  error(code: string, syscall: string): Error {
    return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
  },
  isBelow(path: unknown): boolean {
    return this.below !== '' && String(path).startsWith(this.below);
  },
  /** Throws if this call on this path is the one that fails. */
  meet(call: string, path: unknown): void {
    if (!this.isBelow(path) || this.fails?.call !== call) return;
    if (this.fails.after-- <= 0) throw this.error(this.fails.code, call);
  },
  take(bytes: number): void {
    this.bytesLeft -= bytes;
    if (this.bytesLeft < 0) throw this.error('ENOSPC', 'write');
  },
  heal(): void {
    Object.assign(this, { below: '', fails: undefined, bytesLeft: Number.POSITIVE_INFINITY });
  },
};

const CALLS = [
  'access',
  'copyFile',
  'mkdir',
  'opendir',
  'readdir',
  'readFile',
  'rename',
  'rm',
  'stat',
  'unlink',
] as const;

/** For `vi.mock('node:fs/promises', …)`. */
export function brokenPromises(real: typeof Promises) {
  const wrapped = CALLS.map((name) => [
    name,
    async (...args: unknown[]) => {
      disk.meet(name, args[0]);
      if (name === 'copyFile') disk.take((await real.stat(args[0] as string)).size);
      return await (real[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  const open = async (path: string, ...how: unknown[]) => {
    disk.meet('open', path);
    const handle = await (real.open as (...all: unknown[]) => Promise<Promises.FileHandle>)(path, ...how);
    if (!disk.isBelow(path)) return handle;
    const write = handle.write.bind(handle) as (...all: unknown[]) => Promise<unknown>;
    const checked = async (bytes: Buffer, ...where: unknown[]) => {
      disk.meet('write', path);
      disk.take(bytes.length);
      return await write(bytes, ...where);
    };
    return Object.assign(handle, { write: checked });
  };
  const writeFile = async (path: string, data: string, options: object) => {
    disk.meet('writeFile', path);
    if (disk.isBelow(path)) {
      // As a disk does: the file is there, without what did not fit.
      await real.writeFile(path, '', options);
      disk.take(data.length);
      if ((options as { flag?: string } | undefined)?.flag === 'wx') await real.rm(path);
    }
    return await real.writeFile(path, data, options);
  };
  return { ...real, ...Object.fromEntries(wrapped), open, writeFile };
}

/** For `vi.mock('node:fs', …)`. */
export function brokenFs(real: typeof Fs) {
  const createWriteStream = (path: string, options: object) => {
    const file = real.createWriteStream(path, options);
    if (!disk.isBelow(path)) return file;
    const write = file._write.bind(file);
    const checked = (bytes: number, done: (error?: Error | null) => void, go: () => void) => {
      try {
        disk.meet('createWriteStream', path);
        disk.take(bytes);
        go();
      } catch (error) {
        done(error as Error);
      }
    };
    file._write = (piece: Buffer, encoding, done) => checked(piece.length, done, () => write(piece, encoding, done));
    (file as Writable)._writev = (pieces, done) => {
      const all = Buffer.concat(pieces.map(({ chunk }) => chunk as Buffer));
      checked(all.length, done, () => write(all, 'buffer' as BufferEncoding, done));
    };
    return file;
  };
  const atOnce = (['readdirSync', 'readFileSync'] as const).map((name) => [
    name,
    (...args: unknown[]) => {
      disk.meet(name, args[0]);
      return (real[name] as (...all: unknown[]) => unknown)(...args);
    },
  ]);
  const descriptors = new Map<number, string>();
  const openSync = (path: string, ...how: unknown[]) => {
    disk.meet('open', path);
    const file = (real.openSync as (...all: unknown[]) => number)(path, ...how);
    descriptors.set(file, String(path));
    return file;
  };
  const writeSync = (file: number, ...what: unknown[]) => {
    const path = descriptors.get(file);
    disk.meet('write', path);
    if (disk.isBelow(path)) disk.take((what[0] as Buffer).length);
    return (real.writeSync as (...all: unknown[]) => number)(file, ...what);
  };
  return { ...real, ...Object.fromEntries(atOnce), createWriteStream, openSync, writeSync };
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { signing } from '../support/signing.ts';

/** What the file system does wrong below `below`: a call that fails with a code, or a disk with so many bytes left. */
const disk = vi.hoisted(() => ({
  below: '',
  fails: undefined as { call: string; code: string; after: number } | undefined,
  bytesLeft: Number.POSITIVE_INFINITY,
  error(code: string, syscall: string): Error {
    return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
  },
  /** Throws if this call on this path is the one that fails. */
  meet(call: string, path: unknown): void {
    if (this.below === '' || !String(path).startsWith(this.below)) return;
    if (this.fails?.call !== call) return;
    if (this.fails.after-- <= 0) throw this.error(this.fails.code, call);
  },
  take(bytes: number): void {
    this.bytesLeft -= bytes;
    if (this.bytesLeft < 0) throw this.error('ENOSPC', 'write');
  },
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const calls = [
    'access',
    'copyFile',
    'mkdir',
    'open',
    'readdir',
    'readFile',
    'rename',
    'rm',
    'stat',
    'unlink',
  ] as const;
  const wrapped = calls.map((name) => [
    name,
    async (...args: unknown[]) => {
      disk.meet(name, args[0]);
      if (name === 'copyFile') disk.take((await real.stat(args[0] as string)).size);
      const result: unknown = await (real[name] as (...all: unknown[]) => Promise<unknown>)(...args);
      return result;
    },
  ]);
  const writeFile = async (path: string, data: string, options: object) => {
    disk.meet('writeFile', path);
    if (disk.below !== '' && path.startsWith(disk.below)) disk.take(data.length);
    return real.writeFile(path, data, options);
  };
  return { ...real, ...Object.fromEntries(wrapped), writeFile };
});

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs')>();
  const createWriteStream = (path: string, options: object) => {
    const file = real.createWriteStream(path, options);
    if (!path.startsWith(disk.below) || disk.below === '') return file;
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
  return { ...real, createWriteStream };
});

const { mkdtemp, rm, readdir, writeFile } =
  await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

let manager: SimulatedManager;
let place: string;
let dir: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'failing-disk-'));
  await writeFile(join(place, 'password'), 'secret');
  manager = await startSimulatedManager({ password: 'secret', createSeconds: 0, archive: { sizeBytes: 2 ** 20 } });
});
afterAll(async () => {
  await manager.close();
  await rm(place, { recursive: true, force: true });
});
beforeEach(async () => {
  dir = await mkdtemp(join(place, 'folder-'));
});
afterEach(async () => {
  heal();
  await rm(dir, { recursive: true, force: true });
});

function heal(): void {
  Object.assign(disk, { below: '', fails: undefined, bytesLeft: Number.POSITIVE_INFINITY });
}

function append(shown: { out: string; err: string }, stream: 'out' | 'err', text: string): void {
  shown[stream] += text;
}

/** The clock of the state machine is moved on, so that a run that retries for hours ends at once. */
async function runExport(): Promise<{ code: number; out: string; err: string }> {
  const shown = { code: -1, out: '', err: '' };
  let now = Date.now();
  const access = [
    '--manager-url',
    manager.urls[0] ?? '',
    '--username',
    'admin',
    '--password-file',
    join(place, 'password'),
  ];
  shown.code = await main(['export', '--local', '--manager', 'm1', ...access, '--to', dir, '--json'], {
    out: { write: (text) => append(shown, 'out', text) },
    err: { write: (text) => append(shown, 'err', text) },
    interrupt: new AbortController().signal,
    signing,
    clock: {
      now: () => new Date(now),
      sleep: async (ms) => {
        now += ms;
      },
    },
  });
  return shown;
}

const filesIn = async (...path: string[]) =>
  (await readdir(join(dir, ...path), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** One document, a name, and nothing left that takes room. */
async function expectNamedFailure({ code, out, err }: Awaited<ReturnType<typeof runExport>>): Promise<void> {
  const { outcome, error } = JSON.parse(out) as { outcome: string; error: string };
  expect([code, outcome], err).toEqual([1, 'failed']);
  expect(error).toMatch(/^Storage(Refused|Unavailable)$/);
  expect(`${out}${err}`).not.toMatch(/\bError:|"Error"|at .*\.ts:\d/);
  expect(await filesIn('.offsite-s3', 'offsite', 'tmp')).toEqual([]);
  expect(await filesIn('.offsite-s3', 'offsite', 'uploads')).toEqual([]);
}

describe('a disk that fills', () => {
  // 1 MiB as a part, again as the whole, and the records: more than 2 MiB are never written.
  const steps = Array.from({ length: 33 }, (_, n) => n * 65_536);
  test('at every 64 KiB: a named error within seconds, all is cleaned up, and the next run succeeds', async () => {
    let failures = 0;
    for (const bytesLeft of steps) {
      Object.assign(disk, { below: dir, bytesLeft });
      const began = Date.now();
      const shown = await runExport();
      if (shown.code !== 0) {
        failures += 1;
        await expectNamedFailure(shown);
        expect(JSON.parse(shown.out).error).toBe('StorageRefused');
        expect(shown.err).toMatch(/full/);
      }
      expect(Date.now() - began, `${bytesLeft} bytes`).toBeLessThan(20_000);
      heal();
    }
    expect(failures).toBeGreaterThan(15);
    expect((await runExport()).code).toBe(0);
  }, 300_000);
});

describe('a system call that fails', () => {
  const calls = [
    'mkdir',
    'open',
    'readdir',
    'readFile',
    'rename',
    'stat',
    'writeFile',
    'createWriteStream',
    'copyFile',
  ];
  const failures = [
    ['EMFILE', 0],
    ['ENOSPC', 6],
    ['EROFS', 0],
    ['EIO', 6],
    ['EPERM', 0],
  ] as const;
  test.each(calls)(
    '%s: with every code, at once or later, the failure has a name',
    async (call) => {
      for (const [code, after] of failures) {
        Object.assign(disk, { below: dir, fails: { call, code, after } });
        const shown = await runExport();
        const { outcome, error } = JSON.parse(shown.out) as { outcome: string; error: string | null };
        const named = { outcome: 'failed', error: expect.stringMatching(/^[A-Z][a-z]+[A-Z][A-Za-z]+$/) };
        if (shown.code !== 0) expect({ outcome, error }, `${code} ${after}`).toEqual(named);
        expect(['ContractViolation', 'SystemError', 'TypeError']).not.toContain(error);
        expect(shown.err, `${code} ${after}`).not.toMatch(/\bError:/);
        heal();
      }
      expect((await runExport()).code).toBe(0);
    },
    120_000,
  );
});

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { expectAdviceOnce } from '../support/advice.ts';
import { disk } from '../support/failing-disk.ts';
import { isFull } from '../support/sampled.ts';
import { signing } from '../support/signing.ts';

vi.mock('node:fs/promises', async (original) => {
  const { brokenPromises } = await import('../support/failing-disk.ts');
  return brokenPromises(await original<typeof import('node:fs/promises')>());
});
vi.mock('node:fs', async (original) => {
  const { brokenFs } = await import('../support/failing-disk.ts');
  return brokenFs(await original<typeof import('node:fs')>());
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
  disk.heal();
  await rm(dir, { recursive: true, force: true });
});

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
  const steps = Array.from({ length: 33 }, (_, n) => n * 65_536).filter((_, n) => isFull || n % 4 === 1);
  test('at every 64 KiB (of four one, but all by `npm run test:full`): a named error within seconds, all is cleaned up, and the next run succeeds', async () => {
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
        expectAdviceOnce(shown.err, `${bytesLeft} bytes`);
      }
      expect(Date.now() - began, `${bytesLeft} bytes`).toBeLessThan(20_000);
      disk.heal();
    }
    expect(failures).toBeGreaterThan(steps.length / 2);
    expect((await runExport()).code).toBe(0);
  }, 300_000);
});

describe('a system call that fails', () => {
  const calls = [
    'mkdir',
    'open',
    'opendir',
    'readdir',
    'readFile',
    'rename',
    'stat',
    'writeFile',
    'createWriteStream',
    'copyFile',
    'rm',
    'unlink',
  ];
  const failures = [
    ['EMFILE', 0],
    ['ENOSPC', 6],
    ['EDQUOT', 3],
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
        expectAdviceOnce(shown.err, `${code} ${after}`);
        disk.heal();
      }
      expect((await runExport()).code).toBe(0);
    },
    120_000,
  );
});

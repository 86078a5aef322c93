import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { takeFolder } from '../../folder-s3/store/folder.ts';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import type { ProcessIdentity } from '../../lib/base/process-identity.ts';

/** Contenders in one process: who each of them is, and which of them live. */
const contender = new AsyncLocalStorage<number>();
const { alive, pause } = vi.hoisted(() => {
  const living = new Set<number>();
  let seed = 0;
  return {
    alive: living,
    /** Before and after every system call, so that contenders meet at every step of each other. */
    pause: {
      random(): number {
        seed = (seed * 1103515245 + 12345) % 2 ** 31;
        return seed / 2 ** 31;
      },
      async some(): Promise<void> {
        for (let n = Math.floor(this.random() * 4); n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
      },
    },
  };
});

vi.mock('../../lib/base/process-identity.ts', () => ({
  thisProcess: (): ProcessIdentity => ({ place: 'here', pid: contender.getStore() ?? 1e9, began: '-' }),
  lifeOfProcess: ({ place, pid }: ProcessIdentity) => {
    if (place !== 'here') return 'unknown';
    return alive.has(pid) ? 'running' : 'ended';
  },
}));

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const slow = Object.fromEntries(
    ['open', 'readdir', 'readFile', 'rename', 'rm', 'stat', 'writeFile'].map((name) => [
      name,
      async (...args: never[]) => {
        if (contender.getStore()) await pause.some();
        const result: unknown = await (real[name as 'open'] as (...all: never[]) => Promise<unknown>)(...args);
        if (contender.getStore()) await pause.some();
        return result;
      },
    ]),
  );
  return { ...real, ...slow };
});

let dir: string;
let meta: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lock-'));
  meta = join(dir, '.offsite-s3');
  await mkdir(meta);
  alive.clear();
});
afterEach(async () => rm(dir, { recursive: true, force: true }));

const identity = (pid: number, place = 'here') => JSON.stringify({ place, pid, began: '-', lock: 'x' });
const lockFiles = async () => (await readdir(meta)).sort();

/** One contender until it has owned the folder once. Some die as owners, and the others have to take over. */
async function contend(pid: number, folder: string, owners: Set<number>): Promise<number> {
  alive.add(pid);
  let most = 0;
  for (let tries = 0; tries < 20; tries++) {
    await pause.some();
    try {
      const lock = await takeFolder(folder);
      owners.add(pid);
      most = Math.max(most, owners.size);
      await pause.some();
      most = Math.max(most, owners.size);
      owners.delete(pid);
      if (pid % 3 === 0) alive.delete(pid);
      else await lock.release();
      return most;
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidConfiguration);
    }
  }
  return most;
}

describe('a dead lock', () => {
  test.each([
    ['of this version', 'lock-000041'],
    ['of version 0.1', 'lock'],
  ])(
    '%s has one owner at a time, however the contenders meet',
    async (_which, name) => {
      for (let round = 0; round < 100; round++) {
        const folder = join(dir, String(round));
        await mkdir(join(folder, '.offsite-s3'), { recursive: true });
        await writeFile(join(folder, '.offsite-s3', name), identity(7));
        const owners = new Set<number>();
        const contenders = [10, 11, 12, 13].map((n) => n + round * 10);
        const most = await Promise.all(contenders.map((pid) => contender.run(pid, () => contend(pid, folder, owners))));
        expect(Math.max(...most), `owners at once in round ${round}`).toBe(1);
      }
    },
    120_000,
  );

  test('whoever was held up for a whole life of another has lost', async () => {
    await writeFile(join(meta, 'lock-000001'), identity(7));
    alive.add(2);
    const later = await contender.run(2, () => takeFolder(dir));
    // What a contender creates that saw generation 1 as the newest and was held up since.
    await writeFile(join(meta, 'lock-000001'), identity(3));
    alive.add(3);
    await expect(contender.run(3, () => takeFolder(dir))).rejects.toThrow(InvalidConfiguration);
    await later.release();
    expect(await lockFiles()).toContain('lock-000002');
  });
});

describe('what a start finds', () => {
  const old = (path: string, ms: number) => utimes(path, new Date(Date.now() + ms), new Date(Date.now() + ms));

  test('a lock of another machine: fresh is held, a minute old or dated in the future is not', async () => {
    const file = join(meta, 'lock-000003');
    await writeFile(file, identity(5, 'elsewhere'));
    await expect(takeFolder(dir)).rejects.toThrow(/in use by another process/);
    await old(file, 365 * 86_400_000);
    await (await takeFolder(dir)).release();
    await writeFile(join(meta, 'lock-000005'), identity(5, 'elsewhere'));
    await old(join(meta, 'lock-000005'), -61_000);
    await (await takeFolder(dir)).release();
    expect(await lockFiles()).toEqual(['lock-000006']);
  });

  test('a lock of version 0.1 that is held is respected', async () => {
    await writeFile(join(meta, 'lock'), identity(5, 'elsewhere'));
    await expect(takeFolder(dir)).rejects.toThrow(/in use by another process/);
    await expect(takeFolder(dir, 'm1')).rejects.toThrow(/in use by another process/);
    expect(await readFile(join(meta, 'lock'), 'utf8')).toContain('elsewhere');
  });

  test.each(['lock', 'lock-000004'])('a folder at %s is no lock', async (name) => {
    await mkdir(join(meta, name, 'with'), { recursive: true });
    await (await takeFolder(dir)).release();
    expect((await stat(join(meta, 'lock-000005')).catch(() => stat(join(meta, 'lock-000001')))).isFile()).toBe(true);
    expect(await lockFiles()).toHaveLength(1);
  });

  test('leftovers of killed processes are swept, and a fresh probe is left to its contender', async () => {
    const leftovers = ['lock.0f8fad5b-d9cb-469f-a165-70867728950e', '.probe-123', '.probe-456.new'];
    for (const name of leftovers) {
      await writeFile(join(meta, name), '');
      await old(join(meta, name), -61_000);
    }
    await writeFile(join(meta, '.probe-789'), '');
    await (await takeFolder(dir)).release();
    expect(await lockFiles()).toEqual(['.probe-789', 'lock-000001']);
  });
});

describe('scopes', () => {
  const take = (pid: number, scope?: string) => {
    alive.add(pid);
    return contender.run(pid, () => takeFolder(dir, scope));
  };

  test('exclude themselves and the whole folder, and not each other', async () => {
    const one = await take(2, 'm1');
    const two = await take(3, 'm2');
    await expect(take(4, 'm1')).rejects.toThrow(/lock\.m1-000001 shows which/);
    await expect(take(4)).rejects.toThrow(InvalidConfiguration);
    await one.release();
    await expect(take(4)).rejects.toThrow(/lock\.m2-000001/);
    await two.release();
    const all = await take(4);
    await expect(take(5, 'm1')).rejects.toThrow(/lock-000001/);
    await all.release();
    await (await take(5, 'm1')).release();
  });

  test('and the whole folder are never held together, however the contenders meet', async () => {
    let whole = 0;
    let shared = 0;
    const together: string[] = [];
    const once = async (pid: number, scope?: string) => {
      const lock = await take(pid, scope).catch(() => undefined);
      if (!lock) return;
      if (scope) shared += 1;
      else whole += 1;
      await pause.some();
      if (whole > 1 || (whole > 0 && shared > 0)) together.push(`${whole} and ${shared}`);
      if (scope) shared -= 1;
      else whole -= 1;
      await contender.run(pid, () => lock.release());
    };
    for (let round = 0; round < 100; round++) {
      const first = 10 + round * 4;
      await Promise.all([once(first), once(first + 1, 'm1'), once(first + 2, 'm2'), once(first + 3)]);
    }
    expect(together).toEqual([]);
  }, 60_000);
});

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { disk } from '../support/failing-disk.ts';
import { memoryDisk } from '../support/run-folder.ts';
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

/** A restore of 1 MiB that runs out of room: on the manager, which stores the archive, and here, where the evidence is. */
const STEP = 65_536;
const usual = { password: 'secret', createSeconds: 0, restoreSeconds: 1, archive: { sizeBytes: 2 ** 20 } };
const clock = new VirtualClock(new Date().toISOString());

let place: string;
let dir: string;
let target: SimulatedManager;
beforeAll(async () => {
  place = await mkdtemp(join(memoryDisk(), 'full-disk-'));
  await writeFile(join(place, 'password'), 'secret');
});
afterEach(async () => {
  disk.heal();
  await target.close();
});
afterAll(async () => rm(place, { recursive: true, force: true }));

async function offsite(command: 'export' | 'restore', manager: SimulatedManager, ...more: string[]) {
  const shown = { out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (shown[stream] += text) });
  const terminal = { out: to('out'), err: to('err'), interrupt: new AbortController().signal, signing, clock };
  const login = ['--manager-url', manager.urls[0] ?? '', '--username', 'admin'];
  const words = [command, '--local', '--manager', 'm1', ...login, '--password-file', join(place, 'password'), ...more];
  const code = await main([...words, '--json'], terminal);
  return { code, err: shown.err, report: JSON.parse(shown.out) };
}
const restore = (method: string) => offsite('restore', target, '--from', dir, '--method', method);
/** A folder with one archive of this version, and a manager for it. */
async function exportOf(version: string): Promise<void> {
  dir = join(place, version);
  const source = await startSimulatedManager({ ...usual, version, now: clock.now });
  expect((await offsite('export', source, '--to', dir)).code).toBe(0);
  await source.close();
  await empty(version);
}
const empty = async (version: string) => {
  target = await startSimulatedManager({ ...usual, version, now: clock.now, holds: 'nothing' });
};
const temporary = async () => {
  const all = await readdir(join(dir, '.offsite-s3/offsite/tmp'), { recursive: true, withFileTypes: true });
  return all.filter((one) => one.isFile()).map(({ name }) => name);
};

describe.each(['6.4.2', '7.0.5'])('a manager of %s whose disk fills', (version) => {
  test('at every 64 KiB of the upload (of four one, but all by `npm run test:full`): named, cleaned, and the next run succeeds', async () => {
    await exportOf(version);
    for (let bytes = 0; bytes < 2 ** 20; bytes += isFull ? STEP : 4 * STEP) {
      const full = target.faults.inject('uploadFillsDisk', { afterBytes: bytes });
      const { code, report, err } = await restore('stream');
      expect([code, report.outcome, report.error], `${bytes}: ${err}`).toEqual([1, 'failed', 'ManagerUnavailable']);
      expect(report.message).toMatch(/Manager m1 .*has no space left on its disk.*HTTP 500/);
      expect(
        target.state.snapshots.map(({ id }) => id),
        'nothing is left on the manager',
      ).toEqual([]);
      expect(target.requests.some(({ method, path }) => method === 'POST' && path.endsWith('/restore'))).toBe(false);
      full.clear();
    }
    expect((await restore('stream')).report.outcome).toBe('succeeded');
  }, 300_000);
});

/** Claim, evidence and the manager's own records are a few KiB: the disk fills within them. */
const ROOM = isFull ? Array.from({ length: 24 }, (_, n) => n * 256) : [0, 700, 2000, 3500];

test('the disk with the archives fills within the records of a restore: named, cleaned, and the next run succeeds', async () => {
  await exportOf('7.0.5');
  let failures = 0;
  for (const bytesLeft of ROOM) {
    Object.assign(disk, { below: dir, bytesLeft });
    const { code, report, err } = await restore('stream');
    disk.heal();
    if (code !== 0) {
      failures += 1;
      expect([code, report.outcome], err).toEqual([1, 'failed']);
      expect(`${report.error} ${report.message} ${report.notes}`, err).toMatch(
        /Storage(Refused|Unavailable)|TargetNotEmpty/,
      );
      expect(err).not.toMatch(/\bError: E[A-Z]+/);
    }
    expect(await temporary(), `${bytesLeft}`).toEqual([]);
    await target.close();
    await empty('7.0.5');
  }
  expect(failures).toBeGreaterThan(0);
  expect((await restore('stream')).report.outcome).toBe('succeeded');
}, 300_000);

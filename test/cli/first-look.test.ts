import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { signing } from '../support/signing.ts';

let dir: string;
let manager: SimulatedManager | undefined;
let slept: number[];
let address: string | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-look-'));
  await writeFile(join(dir, 'password'), 'admin');
  slept = [];
  address = undefined;
});
afterEach(async () => {
  await manager?.close();
  await rm(dir, { recursive: true, force: true });
});

const started = async (options: SimulatedManagerOptions = {}) => {
  manager = await startSimulatedManager({ createSeconds: 0, archive: { sizeBytes: 200_000 }, ...options });
  return manager;
};

async function offsite(command: string, ...more: string[]): Promise<{ code: number; err: string }> {
  const said: string[] = [];
  const code = await main(
    [
      ...[command, '--local', '--manager', 'm1', '--manager-url', address ?? manager?.urls[0] ?? ''],
      ...['--username', 'admin', '--password-file', join(dir, 'password'), ...more],
    ],
    {
      out: { write: () => undefined },
      err: { write: (text) => void said.push(text), isTTY: false, columns: 100 },
      interrupt: new AbortController().signal,
      signing,
      clock: { now: () => new Date(), sleep: async (ms) => void slept.push(ms) },
    },
  );
  return { code, err: said.join('') };
}

test('a rate limit that others have used up is waited for in the first look', async () => {
  (await started()).faults.inject('rateLimited', {}, { times: 3 });
  expect(await offsite('export', '--to', join(dir, 'to'))).toMatchObject({ code: 0 });
  expect(slept.slice(0, 2)).toEqual([1000, 2000]);
});

test.each([
  ['export', '--to'],
  ['restore', '--from'],
])('a rate limit that does not lift ends %s within seconds and is named', async (command, folder) => {
  (await started()).faults.inject('rateLimited', {});
  const { code, err } = await offsite(command, folder, dir);
  expect([code, err]).toEqual([1, expect.stringMatching(/^offsite: ManagerUnavailable: .*HTTP 503.*rate limit/)]);
  expect(slept).toEqual([1000, 2000, 4000, 8000]);
});

test('an error of the server that passes is waited for in the first look', async () => {
  (await started()).faults.inject('serverError', { status: 502 }, { times: 2 });
  expect(await offsite('export', '--to', join(dir, 'to'))).toMatchObject({ code: 0 });
  expect(slept.slice(0, 2)).toEqual([1000, 2000]);
});

test.each([
  ['nobody listens there', 'http://127.0.0.1:9', /ManagerUnavailable: .*refuses connections/],
  ['there is no such host', 'http://no-such-host.invalid', /ManagerUnavailable: .*cannot be found/],
])('%s: what is mistyped is not waited for', async (_, url, says) => {
  address = url;
  const { code, err } = await offsite('export', '--to', dir);
  expect([code, err]).toEqual([1, expect.stringMatching(says)]);
  expect(slept).toEqual([]);
});

test('wrong credentials are waited for only while a restore runs, which changes them', async () => {
  const { state } = await started();
  state.restoreFlags.add(0);
  await writeFile(join(dir, 'password'), 'wrong');
  expect((await offsite('export', '--to', dir)).err).toMatch(/CredentialsRejected/);
  expect(slept).toEqual([1000, 2000, 4000, 8000]);
  state.restoreFlags.clear();
  expect((await offsite('export', '--to', dir)).err).toMatch(/CredentialsRejected/);
  expect(slept).toHaveLength(4);
});

test('export from a community manager of 7.x ends in one sentence, before anything is asked or stored', async () => {
  const { requests } = await started({ edition: 'community' });
  const { code, err } = await offsite('export', '--to', join(dir, 'to'));
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      /^offsite: ManagerUnsupported: Manager m1 is the community edition of 7\.0\.5, [^.]*\.0\.1[^.]*\.\n$/,
    ),
  ]);
  expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  await expect(readdir(join(dir, 'to'))).rejects.toThrow('ENOENT');
});

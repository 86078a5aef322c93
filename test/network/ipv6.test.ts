import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { commandLine } from '../support/command-line.ts';
import { memoryDisk } from '../support/run-folder.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** A command that serves until it is interrupted. Gives what it printed first, and how to end it. */
async function served(line: string, terminal: Parameters<typeof commandLine>[1] = {}) {
  const stop = new AbortController();
  let out = '';
  const write = (text: string) => {
    out += text;
  };
  const ended = commandLine(line.split(' '), {
    terminal: { ...terminal.terminal, out: { write }, interrupt: stop.signal },
  });
  await vi.waitFor(() => expect(out).toContain('Ctrl-C ends it'), { timeout: 10_000, interval: 20 });
  const end = async () => {
    stop.abort();
    return await ended;
  };
  return { out, end };
}

// Without ::1, as in a container whose kernel has no IPv6, nothing can listen there.
describe.skipIf(!hasIpv6)('manager, store and metrics at ::1 (skipped where this machine has no ::1)', () => {
  const clock = new VirtualClock();
  const usual = { host: '::1', now: clock.now, password: 'secret', createSeconds: 0, restoreSeconds: 1 };
  let dir: string;
  let store: Awaited<ReturnType<typeof served>>;
  let source: SimulatedManager;
  let place: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(memoryDisk(), 'offsite-ipv6-'));
    await writeFile(join(dir, 'password'), 'secret');
    store = await served(`local-s3 --listen ::1 --dir ${dir}/store`, { terminal: { clock } });
    for (const [, name = '', value = ''] of store.out.matchAll(/^(AWS_\w+)=(.*)$/gm)) vi.stubEnv(name, value);
    place = `--bucket offsite --s3-endpoint ${/S3 at (\S+),/.exec(store.out)?.[1]}`;
    source = await startSimulatedManager({ ...usual, tls: true, archive: { sizeBytes: 100_000 } });
    await writeFile(join(dir, 'ca.pem'), source.caPem ?? '');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([source.close(), store.end()]);
    await rm(dir, { recursive: true, force: true });
  });
  const login = (manager: SimulatedManager) =>
    `--manager-url ${manager.urls[0]} --username admin --password-file ${dir}/password`;
  const offsite = async (line: string) => await commandLine(line.split(' '), { terminal: { clock } });

  test('export over TLS, restore by URL and as a stream', async () => {
    expect(source.urls[0]).toMatch(/^https:\/\/\[::1\]:\d+$/);
    const exported = await offsite(`export --local --manager m1 ${login(source)} --ca-file ${dir}/ca.pem ${place}`);
    expect(exported).toMatchObject({ code: 0, err: expect.any(String) });
    for (const how of ['--method url', '--method stream']) {
      const target = await startSimulatedManager({ ...usual, holds: 'nothing' });
      const line = `restore --local --manager m2 --source-manager m1 ${how} ${login(target)} ${place}`;
      const { code, err } = await offsite(line);
      await target.close();
      expect([code, err.slice(-400)], how).toEqual([0, expect.any(String)]);
    }
  });

  test('metrics --listen [::1]:0', async () => {
    const { out, end } = await served(`metrics --local --from ${dir}/none --listen [::1]:0`);
    const url = /Metrics at (http:\/\/\[::1\]:\d+\/metrics)/.exec(out)?.[1] ?? '';
    expect((await fetch(url)).status).toBe(503);
    expect((await end()).code).toBe(0);
  });

  test.each(['[::1]:0', '[::1]', 'localhost', '127.0.0.1:0', '0'])('local-s3 --listen %s', async (address) => {
    const { out, end } = await served(`local-s3 --listen ${address} --dir ${dir}/other`);
    expect(out).toMatch(/S3 at http:\/\/(\[::1\]|localhost|127\.0\.0\.1):\d+,/);
    expect((await end()).code).toBe(0);
  });
});

test.each(['::g', '[::1', 'a b'])('local-s3 --listen %s is refused', async (address) => {
  const { code, err } = await commandLine(['local-s3', '--listen', address]);
  expect([code, err]).toEqual([2, expect.stringContaining('--listen')]);
});

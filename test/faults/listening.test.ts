import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { commandLine } from '../support/command-line.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'listening-'));
  await writeFile(join(root, 'config.json'), JSON.stringify({ managers: [{ id: 'm1' }] }));
  expect((await commandLine(['export', '--local', '--size', '1MiB', '--to', `${root}/store`])).code).toBe(0);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => await rm(root, { recursive: true, force: true }));

interface Place {
  readonly name: string;
  readonly line: string;
  /** The how manieth server of the command fails. */
  readonly nth?: number;
  /** What the message calls it. */
  readonly what: RegExp;
  /** The options that name another place; none: the system chooses the port. */
  readonly flags?: RegExp;
}

/** Every place that listens, and each server of a command that has several. */
const PLACES: readonly Place[] = [
  {
    name: 'simulate-manager',
    line: 'simulate-manager --port PORT',
    what: /^The simulated manager/,
    flags: /--port or --host/,
  },
  {
    name: 'the second node of a cluster',
    line: 'simulate-manager --nodes 2 --port PORT',
    nth: 2,
    what: /^The simulated manager/,
    flags: /--port or --host/,
  },
  {
    name: 'simulate-manager with TLS',
    line: 'simulate-manager --tls --port PORT',
    what: /^The simulated manager/,
    flags: /--port or --host/,
  },
  {
    name: 'local-s3',
    line: 'local-s3 --dir ROOT/served --port PORT',
    what: /^The local S3/,
    flags: /--port or --listen/,
  },
  {
    name: 'metrics --listen',
    line: 'metrics --local --config ROOT/config.json --listen PORT',
    what: /^The metrics server/,
    flags: /--listen/,
  },
  { name: 'demo, its S3', line: 'demo --to ROOT/demo --size 1MiB', what: /^The local S3/ },
  {
    name: 'demo, the first manager',
    line: 'demo --to ROOT/demo --size 1MiB',
    nth: 2,
    what: /^The simulated manager/,
  },
  {
    name: 'demo, the second manager',
    line: 'demo --to ROOT/demo --size 1MiB',
    nth: 3,
    what: /^The simulated manager/,
  },
  {
    name: 'export from a simulated manager',
    line: 'export --local --size 1MiB --to ROOT/new --json',
    what: /^The simulated manager/,
  },
  {
    name: 'export, the S3 of the folder',
    line: 'export --local --size 1MiB --to ROOT/new --json',
    nth: 2,
    what: /^The local S3/,
  },
  { name: 'list, the S3 of the folder', line: 'list --local --from ROOT/store --json', what: /^The local S3/ },
];

const CODES: readonly (readonly [string, RegExp, RegExp])[] = [
  ['EADDRINUSE', /another process listens there|no port is free/, /End that process|End other programs/],
  ['EACCES', /this user may not listen there/, /1024|permissions/],
  ['EADDRNOTAVAIL', /this machine does not have the address|no port is free/, /address of this machine|End other/],
  ['EMFILE', /this process may not open more files/, /ulimit -n/],
  ['ENFILE', /this machine may not open more files/, /End other programs/],
];

/** Servers that listen now, of those that the command made. */
const opened = new Set<Server>();

/** The nth server that is told to listen reports this error; those before it really listen. */
function failing(code: string, nth: number): void {
  const listen = Server.prototype.listen;
  let calls = 0;
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
    calls += 1;
    opened.add(this);
    if (calls < nth) return Reflect.apply(listen, this, args);
    const [port, address] = args as [number, string];
    const message = `listen ${code}: injected ${address}:${port}`;
    const error = Object.assign(new Error(message), { code, syscall: 'listen', address, port });
    setImmediate(() => this.emit('error', error));
    return this;
  });
}

/** Below those that the system gives out. */
const PORT = 19_464;

const argsOf = (line: string, port: number) =>
  line
    .replaceAll('ROOT', root)
    .replaceAll(/\bPORT\b/g, String(port))
    .split(' ');

describe.each(PLACES)('$name', ({ line, nth = 1, what, flags }) => {
  test.each(CODES)('%s: which place, why, what to do; exit code 2, and nothing goes on listening', async (...row) => {
    const [code, why, advice] = row;
    failing(code, nth);
    const shown = await commandLine(argsOf(line, PORT - nth + 1));
    expect(shown, shown.err).toMatchObject({ code: 2 });
    const said = shown.err.split('\n').filter((each) => each.startsWith('offsite: '));
    expect(said, shown.err).toHaveLength(1);
    const [, name, message = ''] = /^offsite: (\w+): (.*)$/.exec(said[0] ?? '') ?? [];
    expect(name).toBe('InvalidConfiguration');
    expect(message).toMatch(what);
    expect(message).toMatch(why);
    expect(message).toMatch(advice);
    expect(message).toContain(code);
    if (flags) {
      expect(message).toContain(` 127.0.0.1:${PORT}`);
      if (code.startsWith('EA')) expect(message).toMatch(flags);
    } else expect(message).not.toMatch(/:0\b|--port/);
    expect(shown.err).not.toMatch(/\n {4}at |injected/);
    if (line.endsWith('--json'))
      expect(JSON.parse(shown.out)).toMatchObject({ outcome: 'failed', error: name, message });
    expect([...opened].filter((server) => server.listening)).toHaveLength(0);
    opened.clear();
  });
});

describe('without a double', () => {
  const real = PLACES.filter(({ flags }) => flags !== undefined);
  test.each(real)('$name: a port that another process has', async ({ line, nth = 1, what }) => {
    const other = createServer();
    // Of a cluster the port before it must be free: next to one that the system has given out, another test may listen.
    await new Promise<void>((resolve) => other.listen(nth === 1 ? 0 : PORT + 10, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const shown = await commandLine(argsOf(line, port - nth + 1));
    other.close();
    expect(shown.code, shown.err).toBe(2);
    expect(shown.err).toMatch(new RegExp(`InvalidConfiguration: ${what.source.slice(1)} .*127.0.0.1:${port}: another`));
  });

  test.each([
    ['simulate-manager --host', '192.0.2.7', 'EADDRNOTAVAIL'],
    ['simulate-manager --host', 'nowhere.invalid', 'ENOTFOUND|EAI_AGAIN'],
    ['local-s3 --dir ROOT/served --listen', '192.0.2.7', 'EADDRNOTAVAIL'],
    ['metrics --local --config ROOT/config.json --listen', '192.0.2.7:9464', 'EADDRNOTAVAIL'],
  ])('%s %s: %s', async (line, address, code) => {
    const shown = await commandLine(argsOf(`${line} ${address}`, 0));
    expect(shown.code, shown.err).toBe(2);
    expect(shown.err).toMatch(
      new RegExp(`InvalidConfiguration: The .* ${address}.*\\((${code})\\)\\. Choose an address of this machine`),
    );
  });
});

import type { LookupAddress } from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { selectArchive } from '../../../functions/select-archive.ts';
import { isPublicAddress } from '../../../lib/base/public-addresses.ts';
import { Redactor } from '../../../lib/base/redact.ts';
import { localDefaults } from '../../../lib/base/settings.ts';
import { defaultRules } from '../../../lib/config/manager-rules.ts';
import type { UrlAuthority } from '../../../lib/config/restore-authority.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { serve, type Web, withRanges } from '../../support/web-server.ts';

/** What names resolve to, in the order of the questions; the last answer stays. */
const names = new Map<string, string[][]>();
vi.mock('node:dns', async (original) => {
  const real = await original<typeof import('node:dns')>();
  type Done = (error: Error | null, addresses: LookupAddress[]) => void;
  const lookup = (name: string, _options: object, done: Done) => {
    const answers = names.get(name);
    const addresses = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    if (!addresses) return done(Object.assign(new Error(`getaddrinfo ${name}`), { code: 'ENOTFOUND' }), []);
    const family = (address: string) => (address.includes(':') ? 6 : 4);
    done(
      null,
      addresses.map((address) => ({ address, family: family(address) })),
    );
  };
  return { ...real, lookup, default: { ...real, lookup } };
});

let inside: Web;
let port: string;
let hits: string[] = [];
/** How the internal server answers. */
let reply: Parameters<typeof serve>[0] = (_hit, response) => response.writeHead(200).end('AKIAINTERNALSECRET');
beforeAll(async () => {
  inside = await serve((hit, response) => {
    hits.push(hit.path);
    return reply(hit, response);
  });
  port = new URL(inside.url).port;
});
afterAll(async () => await inside.close());
afterEach(() => {
  hits = [];
  names.clear();
  vi.restoreAllMocks();
});

const PUBLIC = '93.184.215.14';
const settings = { ...localDefaults, managerTimeoutMs: 2000, managerIdleMs: 2000 };

async function select(archiveUrl: string, archiveUrls?: UrlAuthority): Promise<string> {
  const rulesOf = () => ({ ...defaultRules, ...(archiveUrls ? { archiveUrls } : {}) });
  const parts = { redactor: new Redactor(), signal: new AbortController().signal, settings, rulesOf };
  const deps = localDeps({ ...parts, s3: undefined as never, bucket: 'none' });
  return await selectArchive.run({ input: { manager: 'm1', archiveUrl }, run: { manager: 'm1' } as never }, deps).then(
    () => 'read',
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

/** The internet: a connection to its one address arrives at the server of this test, every other one where it leads. */
function connectPublicTo(server: Web): string[] {
  const dialled: string[] = [];
  const real = net.connect;
  vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) => {
    const { lookup } = options;
    const pinned: net.LookupFunction = (name, wish, done) =>
      lookup?.(name, { ...wish, all: true }, (error, found) => {
        const addresses = Array.isArray(found) ? found : [];
        dialled.push(...addresses.map(({ address }) => address));
        if (error || addresses.some(({ address }) => address !== PUBLIC)) return done(error, found as never);
        return wish.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
      });
    return real({ ...options, port: Number(new URL(server.url).port), lookup: pinned });
  }) as never);
  return dialled;
}

const REFUSED = /^InvalidInput: archiveUrl is refused for manager m1\. .*archiveUrlHosts of m1 in the configuration\.$/;

describe('an address inside is refused by one text, and never asked', () => {
  const spellings = ['127.0.0.1', '2130706433', '0x7f.1', '0', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '127.1'];
  const ranges = ['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '169.254.169.254', '224.0.0.1', '[fe80::1]'];
  const others = ['[fd00:ec2::254]', '[64:ff9b::7f00:1]', '[::]', '[2002:7f00:1::]', '[ff02::1]', 'localhost', 'inner'];

  test('however it is written', async () => {
    names.set('localhost', [['127.0.0.1']]);
    names.set('mixed', [[PUBLIC, '10.0.0.1']]);
    names.set('six', [['::ffff:10.0.0.1']]);
    names.set('zone', [['fe80::1%eth0']]);
    const told = new Set<string>();
    for (const host of [...spellings, ...ranges, ...others, 'mixed', 'six', 'zone'])
      told.add(await select(`http://${host}:${port}/a.zip`));
    expect([...told]).toEqual([expect.stringMatching(REFUSED)]);
    expect(hits).toEqual([]);
  });

  test.each([
    ['a redirect to it', () => `http://127.0.0.1:${port}/latest/meta-data`],
    ['a redirect to a name that leads there', () => `http://inner:${port}/`],
  ])('%s', async (_, location) => {
    names.set('public', [[PUBLIC]]);
    names.set('inner', [['10.0.0.1']]);
    const outside = await serve((_hit, response) => response.writeHead(302, { location: location() }).end());
    connectPublicTo(outside);
    expect(await select('http://public/a.zip')).toMatch(REFUSED);
    await outside.close();
    expect(hits).toEqual([]);
  });

  test('a redirect from https to http', async () => {
    names.set('public', [[PUBLIC]]);
    let asked = 0;
    const outside = await serve((_hit, response) => {
      asked += 1;
      response.writeHead(302, { location: 'http://public/a.zip' }).end();
    });
    const { port: plain } = new URL(outside.url);
    // A server that this machine trusts would need a public CA: the connection stands for one that passed.
    vi.spyOn(tls, 'connect').mockImplementation((() => {
      const socket = net.connect({ host: '127.0.0.1', port: Number(plain) });
      return socket.once('connect', () => socket.emit('secureConnect'));
    }) as never);
    expect(await select('https://public/a.zip')).toMatch(REFUSED);
    expect(asked).toBe(1);
    await outside.close();
  });

  test('a name that changes its answer: a connection goes to the address that was checked', async () => {
    names.set('rebind', [[PUBLIC], ['127.0.0.1']]);
    const outside = await serve(withRanges(() => Buffer.from('no archive at all, 1234567890')));
    const dialled = connectPublicTo(outside);
    expect(await select(`http://rebind:${port}/a.zip`)).toMatch(/^NotAnArchive|^InvalidInput/);
    await outside.close();
    expect(hits).toEqual([]);
    expect(dialled.filter((address) => address !== PUBLIC)).toEqual([]);
  });
});

describe('the configuration decides', () => {
  const list = (...hosts: string[]): UrlAuthority => ({ hosts, others: 'none' });

  test('a host that is listed is read, also inside; nothing of its answer is quoted', async () => {
    reply = withRanges(() => Buffer.from('AKIAINTERNALSECRET'));
    const told = await select(`${inside.url}/a.zip`, list(`127.0.0.1:${port}`));
    expect(told).toMatch(/^NotAnArchive: The archive at .*\/a\.zip is no zip archive\.$/);
    expect(hits.length).toBeGreaterThan(0);
  });

  test.each([
    ['another port of it', () => list(`127.0.0.1:${Number(port) + 1}`)],
    ['a host that is not listed, though it is public', () => list('files.example.com')],
    ['anything, where nothing is listed', () => list()],
  ])('%s is refused', async (_, allowed) => {
    names.set('public', [[PUBLIC]]);
    expect(await select(`http://public:${port}/a.zip`, allowed())).toMatch(REFUSED);
    expect(await select(`${inside.url}/a.zip`, allowed())).toMatch(REFUSED);
    expect(hits).toEqual([]);
  });

  test('a redirect from a listed host to one that is not', async () => {
    reply = (_hit, response) => response.writeHead(302, { location: `http://127.0.0.2:${port}/` }).end();
    expect(await select(`${inside.url}/a.zip`, list(`127.0.0.1:${port}`))).toMatch(REFUSED);
    expect(hits).toEqual(['/a.zip']);
  });
});

test.each([
  ['9.255.255.255', true],
  ['11.0.0.0', true],
  ['100.63.255.255', true],
  ['100.128.0.0', true],
  ['172.15.255.255', true],
  ['172.32.0.0', true],
  ['172.31.255.255', false],
  ['223.255.255.255', true],
  ['255.255.255.255', false],
  ['168.63.129.16', false],
  ['2606:4700::1111', true],
  ['2001:4860:4860::8888', true],
  ['2001::1', false],
  ['64:ff9b:1::1', false],
  ['fec0::1', false],
  ['::7f00:1', false],
  ['not an address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

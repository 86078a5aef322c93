import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, request as openRequest, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import type { FaultName, FaultParameters } from '../../simulator/manager/fault-parameters.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { type Origin, startOrigin } from '../replay/origin.ts';
import { send, type WireResponse } from '../replay/wire.ts';

const ARCHIVE = randomBytes(4000);
const OLD = Buffer.from('the archive that was there before');

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).reverse()) await clean();
  vi.unstubAllEnvs();
});

interface Call {
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isWithoutTenant?: boolean;
}

interface World {
  readonly manager: SimulatedManager;
  call(method: string, path: string, more?: Call): Promise<WireResponse>;
  /** `PUT …/archive?snapshot_archive_url=` of the id s1. */
  fetch(url: string, more?: Call): Promise<WireResponse>;
  upload(body: Buffer, more?: Call): Promise<WireResponse>;
}

const basic = `Basic ${Buffer.from('admin:admin').toString('base64')}`;

async function start(options: SimulatedManagerOptions = {}): Promise<World> {
  const manager = await startSimulatedManager(options);
  cleanUps.push(() => manager.close());
  const call = (method: string, path: string, { body, headers, isWithoutTenant }: Call = {}): Promise<WireResponse> =>
    send({
      url: manager.urls[0] ?? '',
      method,
      path: `/api/v3.1/${path}`,
      headers: {
        Authorization: basic,
        ...(isWithoutTenant === true ? {} : { Tenant: 'default_tenant' }),
        ...headers,
      },
      body: body ?? Buffer.alloc(0),
    });
  return {
    manager,
    call,
    fetch: (url, more) =>
      call('PUT', `snapshots/s1/archive?snapshot_archive_url=${encodeURIComponent(url)}`, more ?? {}),
    upload: (body, more = {}) =>
      call('PUT', 'snapshots/s1/archive', {
        ...more,
        body,
        headers: { 'Content-Type': 'application/octet-stream', ...more.headers },
      }),
  };
}

async function origin(): Promise<Origin> {
  const made = await startOrigin(ARCHIVE);
  cleanUps.push(() => made.close());
  return made;
}

/** An origin that does one thing. */
async function serving(
  answer: (response: ServerResponse) => void,
  tls?: { key: string; cert: string },
): Promise<string> {
  const listener: RequestListener = (_request, response) => answer(response);
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const jsonOf = (response: WireResponse): Record<string, unknown> =>
  JSON.parse(response.body.toString()) as Record<string, unknown>;
const messageOf = (response: WireResponse): string => String(jsonOf(response).message);
const rows = ({ manager }: World): (readonly [string, string])[] =>
  manager.state.snapshots.map(({ id, status }) => [id, status] as const);
const storedSize = ({ manager }: World): number | undefined => manager.state.files.get('s1')?.source.size;
const stored = async ({ manager }: World): Promise<string> => (await manager.archiveDigest('s1')).sha256;

describe('by URL', () => {
  test.each(['5.0.5', '5.1.0', '6.4.2', '7.0.0', '7.0.5'])('%s stores what stands there', async (version) => {
    const world = await start({ version });
    const source = await origin();
    const answer = await world.fetch(`${source.url}/redirect`);
    expect([answer.status, jsonOf(answer).status, jsonOf(answer).id]).toEqual([201, 'uploaded', 's1']);
    expect(source.take().map(({ path }) => path)).toEqual(['/redirect', '/snap.zip']);
    const served = await world.call('GET', 'snapshots/s1/archive');
    expect(sha256(served.body)).toBe(sha256(ARCHIVE));
  });

  test('the path reaches the source to the letter, decoded once', async () => {
    const world = await start();
    const source = await origin();
    const path = `/bucket/presigned.zip?name=it's(a)%7Eb+c%2B|d&X-Amz-Signature=a%2Fb%2Bc%3D%3D`;
    expect((await world.fetch(`${source.url}${path}`)).status).toBe(201);
    expect(source.take()[0]?.path).toBe(path.replace('|', '%7C'));
  });

  test('there is no row before the last byte has arrived', async () => {
    const world = await start();
    let finish = (): void => undefined;
    const asked = Promise.withResolvers<void>();
    const url = await serving((response) => {
      response.write('PK');
      finish = () => void response.end('zip');
      asked.resolve();
    });
    const answer = world.fetch(`${url}/slow.zip`);
    await asked.promise;
    expect((await world.call('GET', 'snapshots/s1')).status).toBe(404);
    finish();
    expect((await answer).status).toBe(201);
    expect(storedSize(world)).toBe(5);
  });

  test('a client that leaves does not stop the manager', async () => {
    const world = await start();
    let finish = (): void => undefined;
    const asked = Promise.withResolvers<void>();
    const url = await serving((response) => {
      finish = () => void response.end('zip');
      asked.resolve();
    });
    const path = `/api/v3.1/snapshots/s1/archive?snapshot_archive_url=${encodeURIComponent(url)}`;
    const leaving = openRequest(`${world.manager.urls[0]}${path}`, {
      method: 'PUT',
      headers: { Authorization: basic, Tenant: 'default_tenant' },
    });
    leaving.on('error', () => undefined).end();
    await asked.promise;
    leaving.destroy();
    finish();
    await vi.waitFor(() => expect(rows(world)).toEqual([['s1', 'uploaded']]));
  });

  test('a manager that is closed ends its fetches', async () => {
    const world = await start();
    const asked = Promise.withResolvers<ServerResponse>();
    const url = await serving((response) => {
      response.write('PK');
      asked.resolve(response);
    });
    const answer = world.fetch(url).catch((error: NodeJS.ErrnoException) => error.code);
    const gone = once(await asked.promise, 'close');
    await world.manager.close();
    await gone;
    expect(await answer).toBe('ECONNRESET');
  });

  const SIGNED = '/bucket/presigned.zip?X-Amz-Signature=s3cr3t';
  test.each([
    ['5.0.5', SIGNED, 'param_url_not_found_error', "URL @ not found - can't download snapshot archive"],
    ['5.1.0', SIGNED, 'bad_parameters_error', 'Cannot fetch @: 403 Client Error: Forbidden for url: @'],
    ['7.0.5', SIGNED, 'bad_parameters_error', 'Cannot fetch @: 403 Client Error: Forbidden for url: @'],
    ['6.4.2', '/503', 'bad_parameters_error', 'Cannot fetch @: 503 Server Error: Service Unavailable for url: @'],
    ['5.0.5', '/loop', 'param_url_not_found_error', "URL @ not found - can't download snapshot archive"],
    ['6.4.2', '/loop', 'bad_parameters_error', 'Cannot fetch @: Exceeded 30 redirects.'],
  ])('%s: %s is a 400 %s', async (version, path, code, message) => {
    const world = await start({ version });
    const source = await origin();
    const url = `${source.url}${path}`;
    const answer = await world.fetch(url);
    expect([answer.status, jsonOf(answer).error_code]).toEqual([400, code]);
    expect(messageOf(answer)).toBe(message.replaceAll('@', url));
    if (path === '/loop') expect(source.take()).toHaveLength(version === '5.0.5' ? 11 : 31);
    expect(rows(world)).toEqual([]);
  });

  const NOT_FOUND = "URL @ not found - can't download snapshot archive";
  test.each([
    ['5.0.5', 'bucket/key', "URL @ is malformed - can't download snapshot archive"],
    ['5.0.5', 'file:///etc/hostname', NOT_FOUND],
    ['6.4.2', 'bucket/key', "Cannot fetch @: Invalid URL '@': No scheme supplied. Perhaps you meant http://@?"],
    ['7.0.3', 'bucket/key', "Cannot fetch @: Invalid URL '@': No scheme supplied. Perhaps you meant https://@?"],
    ['6.4.2', 'ftp://127.0.0.1/a.zip', "Cannot fetch @: No connection adapters were found for '@'"],
    ['7.0.5', 'ftp://127.0.0.1/a.zip', "Cannot fetch @: No connection adapters were found for '@'"],
    ['6.4.2', 'file:///etc/hostname', "Cannot fetch @: No connection adapters were found for '@'"],
    ['7.0.4', 'file:///etc/hostname', 'Invalid URL @'],
    ['7.0.3', 'http://', "Cannot fetch @: Invalid URL '@': No host supplied"],
    ['7.0.4', 'http://', 'Invalid URL @'],
    [
      '6.4.2',
      'http://no-such-host.invalid/a',
      "Cannot fetch @: HTTPConnectionPool(host='no-such-host.invalid', port=80): Max retries exceeded with url: /a (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f5c2e1d4a90>: Failed to establish a new connection: [Errno -2] Name or service not known'))",
    ],
    [
      '7.0.5',
      'http://127.0.0.1:1/a',
      "Cannot fetch @: HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url: /a (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f5c2e1d4a90>: Failed to establish a new connection: [Errno 111] Connection refused'))",
    ],
    ['5.0.5', 'http://127.0.0.1:1/a', NOT_FOUND],
  ])('%s: %s cannot be fetched', async (version, url, message) => {
    const world = await start({ version });
    const answer = await world.fetch(url);
    expect([answer.status, messageOf(answer)]).toEqual([400, message.replaceAll('@', url)]);
    expect(rows(world)).toEqual([]);
  });

  test('where a redirect leads is not looked at before, only fetched', async () => {
    const url = await serving((response) => {
      response.writeHead(302, { Location: 'ftp://127.0.0.1/a.zip' });
      response.end();
    });
    const world = await start();
    expect(messageOf(await world.fetch(url))).toBe(
      `Cannot fetch ${url}: No connection adapters were found for 'ftp://127.0.0.1/a.zip'`,
    );
  });

  test('only from 7.0.4 on does case count', async () => {
    const source = await origin();
    const url = `${source.url.replace('http', 'HTTP')}/snap.zip`;
    expect((await (await start({ version: '7.0.3' })).fetch(url)).status).toBe(201);
    expect(messageOf(await (await start({ version: '7.0.4' })).fetch(url))).toBe(`Invalid URL ${url}`);
  });

  test('a private CA is not trusted unless the manager knows it', async () => {
    const made = makeCertificates();
    const url = await serving((response) => void response.end(ARCHIVE), made);
    const stranger = await start();
    const answer = await stranger.fetch(url);
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toContain('CERTIFICATE_VERIFY_FAILED');
    expect((await (await start({ requestsCaBundle: made.caPem })).fetch(url)).status).toBe(201);
  });

  test.each([
    ['5.0.5', 500, undefined, []],
    ['5.1.0', 201, 2000, []],
    ['7.0.2', 201, 2000, []],
    ['7.0.3', 400, undefined, ['s1']],
    ['7.0.5', 400, undefined, ['s1']],
  ] as const)('%s answers %i to a truncated source', async (version, status, size, left) => {
    const world = await start({ version });
    const source = await origin();
    const answer = await world.fetch(`${source.url}/truncated`);
    expect(answer.status).toBe(status);
    expect(storedSize(world)).toBe(size);
    expect([...world.manager.state.uploading]).toEqual(left);
    expect(rows(world)).toEqual(status === 201 ? [['s1', 'uploaded']] : []);
    if (status !== 400) return;
    expect(messageOf(answer)).toContain('IncompleteRead(2000 bytes read, 2000 more expected)');
    expect((await world.fetch(`${source.url}/snap.zip`)).status).toBe(201);
    expect([...world.manager.state.uploading]).toEqual([]);
  });

  test('chunks and resets are noticed by every version', async () => {
    const source = await origin();
    const resetting = await serving((response) => {
      response.setHeader('Content-Length', 100);
      response.write('PK', () => response.socket?.resetAndDestroy());
    });
    const world = await start({ version: '6.4.2' });
    expect(messageOf(await world.fetch(`${source.url}/truncated-chunked`))).toContain('InvalidChunkLength');
    expect(messageOf(await world.fetch(resetting))).toContain('Connection reset by peer');
    expect(rows(world)).toEqual([]);
  });

  test('what the source packed is unpacked, except by 5.0.5', async () => {
    const packed = gzipSync(ARCHIVE);
    const url = await serving((response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(packed);
    });
    for (const [version, bytes] of [
      ['5.0.5', packed],
      ['6.4.2', ARCHIVE],
      ['7.0.5', ARCHIVE],
    ] as const) {
      const world = await start({ version });
      expect((await world.fetch(url)).status).toBe(201);
      expect(await stored(world)).toBe(sha256(bytes));
    }
    const lying = await serving((response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end('PK not packed');
    });
    expect(messageOf(await (await start()).fetch(lying))).toContain('failed to decode it');
  });

  test('a body beside the URL is refused before anything is fetched', async () => {
    const source = await origin();
    for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
      const world = await start();
      const answer = await world.fetch(`${source.url}/snap.zip`, { body: ARCHIVE, headers });
      expect([answer.status, messageOf(answer)]).toEqual([
        400,
        'Can pass snapshot as only one of: URL via query parameters, request body, multi-form or chunked.',
      ]);
      expect(rows(world)).toEqual([]);
    }
    expect(source.take()).toEqual([]);
  });

  test('300 s on paper are the limit: 502 at once and no row', async () => {
    const source = await origin();
    const slow = await start({ fetchBytesPerSecond: (ARCHIVE.length - 1) / 300 });
    const answer = await slow.fetch(`${source.url}/snap.zip`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, ['text/html']]);
    expect([rows(slow), storedSize(slow)]).toEqual([[], undefined]);
    expect([...slow.manager.state.uploading]).toEqual(['s1']);
    const chunked = await serving((response) => {
      response.write(ARCHIVE);
      response.end();
    });
    expect((await slow.fetch(chunked)).status).toBe(502);
    const fast = await start({ fetchBytesPerSecond: ARCHIVE.length / 300 });
    expect((await fast.fetch(`${source.url}/snap.zip`)).status).toBe(201);
  });

  test('maintenance that is being activated lets uploads through', async () => {
    const world = await start();
    const source = await origin();
    world.manager.state.addExecution({ workflowId: 'install', status: 'started' });
    await world.call('POST', 'maintenance/activate');
    expect(world.manager.state.maintenance.status).toBe('activating');
    expect((await world.fetch(`${source.url}/snap.zip`)).status).toBe(201);
  });

  test('the id .. costs all archives in 7.x, even if nothing can be fetched', async () => {
    const source = await origin();
    const path = `snapshots/../archive?snapshot_archive_url=${encodeURIComponent(`${source.url}/nosuch`)}`;
    for (const [version, left] of [
      ['6.4.2', 1],
      ['7.0.5', 0],
    ] as const) {
      const world = await start({ version });
      world.manager.seedSnapshot('old');
      expect((await world.call('PUT', path)).status).toBe(400);
      expect(world.manager.state.files.size).toBe(left);
    }
  });
});

describe('an id that exists, and what comes first', () => {
  test.each([
    ['5.0.5', 409, OLD],
    ['6.4.2', 409, OLD],
    ['7.0.0', 409, ARCHIVE],
    ['7.0.2', 409, ARCHIVE],
    ['7.0.3', 201, ARCHIVE],
    ['7.0.5', 201, ARCHIVE],
  ] as const)('%s answers %i', async (version, status, bytes) => {
    const source = await origin();
    const byUrl = (world: World) => world.fetch(`${source.url}/snap.zip`);
    for (const again of [byUrl, (world: World) => world.upload(ARCHIVE)]) {
      const world = await start({ version });
      await world.upload(OLD);
      const answer = await again(world);
      expect(answer.status).toBe(status);
      expect(await stored(world)).toBe(sha256(bytes));
      expect(rows(world)).toHaveLength(1);
      if (status === 201) expect(new Set(Object.values(jsonOf(answer)))).toEqual(new Set([null]));
      else expect(jsonOf(answer).error_code).toBe('conflict_error');
    }
  });

  test.each([
    ['6.4.2', undefined],
    ['7.0.5', ARCHIVE.length],
  ])('%s without Tenant: 409 and no row, the file %j bytes', async (version, size) => {
    const source = await origin();
    const world = await start({ version });
    const answer = await world.fetch(`${source.url}/snap.zip`, { isWithoutTenant: true });
    expect([answer.status, jsonOf(answer).error_code]).toEqual([409, 'storage_error']);
    expect([rows(world), storedSize(world)]).toEqual([[], size]);
  });

  test.each([
    ['5.0.5', [['s1', 'uploaded']]],
    ['6.4.2', [['s1', 'uploaded']]],
    ['7.0.0', []],
    ['7.0.5', []],
  ])('%s with neither body nor URL: 500, and rows %j', async (version, left) => {
    const world = await start({ version });
    expect((await world.call('PUT', 'snapshots/s1/archive')).status).toBe(500);
    expect([rows(world), storedSize(world)]).toEqual([left, undefined]);
  });
});

describe('by body', () => {
  test('a form is not taken for bytes', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await (await start()).upload(ARCHIVE, { headers })).status).toBe(413);
    expect((await (await start()).upload(Buffer.from('plain text, ä'), { headers })).status).toBe(500);
    const older = await start({ version: '6.4.2' });
    expect((await older.upload(ARCHIVE, { headers })).status).toBe(500);
    expect([rows(older), storedSize(older)]).toEqual([[['s1', 'uploaded']], undefined]);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const world = await start();
    const leaving = openRequest(`${world.manager.urls[0]}/api/v3.1/snapshots/s1/archive`, {
      method: 'PUT',
      headers: { Authorization: basic, Tenant: 'default_tenant', 'Content-Length': 2 * ARCHIVE.length },
    });
    const ended = once(leaving, 'error');
    leaving.write(ARCHIVE, () => leaving.socket?.end());
    await ended;
    expect([rows(world), world.manager.state.files.size]).toEqual([[], 0]);
    expect((await world.upload(ARCHIVE, { headers: { 'Transfer-Encoding': 'chunked' } })).status).toBe(201);
    expect(await stored(world)).toBe(sha256(ARCHIVE));
  });

  test('big ones lie in a file until the manager is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulated-upload-'));
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
    vi.stubEnv('TMPDIR', folder);
    const world = await start();
    const big = randomBytes(9 * 1024 * 1024);
    expect((await world.upload(ARCHIVE)).status).toBe(201);
    expect(readdirSync(folder)).toEqual([]);
    expect((await world.upload(big)).status).toBe(201);
    const [made = ''] = readdirSync(folder);
    const files = readdirSync(join(folder, made)).map((name) => statSync(join(folder, made, name)));
    expect(files.map(({ size, mode }) => [size, mode & 0o777])).toEqual([[big.length, 0o600]]);
    const range = await world.call('GET', 'snapshots/s1/archive', { headers: { Range: 'bytes=9000000-9000099' } });
    expect(range.body.equals(big.subarray(9_000_000, 9_000_100))).toBe(true);
    expect(await stored(world)).toBe(sha256(big));
    await world.manager.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('request lines', () => {
  /** A GET whose whole request line has so many characters. */
  const asked = async (length: number): Promise<WireResponse> => {
    const world = await start();
    const empty = 'GET /api/v3.1/snapshots?_pad= HTTP/1.1'.length;
    return world.call('GET', `snapshots?_pad=${'x'.repeat(length - empty)}`);
  };

  test.each([
    [4094, 200, 'application/json'],
    [4095, 400, 'text/html'],
    [8190, 400, 'text/html'],
    [8191, 414, 'text/html'],
    [20_000, 414, 'text/html'],
  ])('%i characters: %i', async (length, status, type) => {
    const answer = await asked(length);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, [type]]);
    if (status === 400) expect(answer.body.toString()).toContain(`Request Line is too large (${length} &gt; 4094)`);
    expect(answer.headers.get('connection')).toEqual([status === 414 ? 'close' : 'keep-alive']);
  });
});

describe('faults', () => {
  interface Outcome {
    readonly status: number | 'cut';
    readonly size: number | undefined;
    readonly hasRow: boolean;
    readonly isSame?: boolean;
    readonly says?: string;
  }
  const { length } = ARCHIVE;
  const OUTCOMES: readonly (readonly [FaultName, FaultParameters[FaultName], Outcome])[] = [
    ['uploadKilled', {}, { status: 502, size: undefined, hasRow: false, says: '502 Bad Gateway' }],
    ['lostUploadResponse', {}, { status: 'cut', size: length, hasRow: true, isSame: true }],
    ['upload500ButDone', {}, { status: 500, size: length, hasRow: true, isSame: true }],
    ['uploadTruncated', { missingBytes: 10 }, { status: 201, size: length - 10, hasRow: true }],
    ['uploadOtherBytes', {}, { status: 201, size: length, hasRow: true, isSame: false }],
    ['uploadRowWithoutFile', {}, { status: 201, size: undefined, hasRow: true }],
    ['uploadNullReply', {}, { status: 201, size: length, hasRow: true, isSame: true, says: '"id": null' }],
    ['uploadFull', {}, { status: 500, size: undefined, hasRow: false, says: 'No space left on device' }],
  ];

  describe.each(OUTCOMES)('%s', (name, parameters, expected) => {
    test.each(['body', 'URL'])('by %s, and only once', async (way) => {
      const world = await start();
      const source = await origin();
      const go = (): Promise<WireResponse> =>
        way === 'body' ? world.upload(ARCHIVE) : world.fetch(`${source.url}/snap.zip`);
      const fault = world.manager.faults.inject(name, parameters, { times: 1 });
      const answer = await go().catch(() => undefined);
      expect(fault.hits).toBe(1);
      expect(answer?.status ?? 'cut').toBe(expected.status);
      expect([storedSize(world), rows(world).length === 1]).toEqual([expected.size, expected.hasRow]);
      if (expected.isSame !== undefined) expect((await stored(world)) === sha256(ARCHIVE)).toBe(expected.isSame);
      expect(answer?.body.toString() ?? '').toContain(expected.says ?? '');
      expect((await go()).status).toBe(201);
      expect(await stored(world)).toBe(sha256(ARCHIVE));
    });
  });

  test('uploadFetchFails gives its reason with the whole URL, and fetches nothing', async () => {
    const source = await origin();
    const url = `${source.url}/snap.zip?X-Amz-Signature=s3cr3t`;
    for (const [version, message] of [
      ['5.0.5', `URL ${url} not found - can't download snapshot archive`],
      ['7.0.5', `Cannot fetch ${url}: the proxy is down`],
    ] as const) {
      const world = await start({ version });
      world.manager.faults.inject('uploadFetchFails', { reason: 'the proxy is down' });
      const answer = await world.fetch(url);
      expect([answer.status, messageOf(answer)]).toEqual([400, message]);
      expect((await world.upload(ARCHIVE)).status).toBe(201);
    }
    expect(source.take()).toEqual([]);
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { selectArchive } from '../../../functions/select-archive.ts';
import { Redactor } from '../../../lib/base/redact.ts';
import { localDefaults } from '../../../lib/base/settings.ts';
import { defaultRules, type ManagerRules } from '../../../lib/config/manager-rules.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { openForeign } from '../../../lib/restore/choose/archive-from-url.ts';
import { sourceOf } from '../../../lib/restore/choose/archive-source.ts';
import { registerSecrets, shownUrl } from '../../../lib/restore/choose/presigned-urls.ts';
import { Selection } from '../../../lib/restore/state.ts';
import { inspectArchive } from '../../../lib/snapshot/inspect.ts';
import { makeArchive } from '../../../simulator/archive/make-archive.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const QUERY =
  '?X-Amz-Signature=0123456789abcdef&X-Amz-Security-Token=tok%2Fen%2Bvalue%3D%3D&X-Amz-Date=20261122T020000Z';
const bytes = Buffer.from('0123456789abcdefghij');
const settings = { ...localDefaults, managerTimeoutMs: 300, managerIdleMs: 300 };

let handle: Handler;
let requests: IncomingMessage[];
let origin: string;
let use: { redactor: Redactor; signal: AbortSignal; settings: typeof settings; rulesOf: () => ManagerRules };
const stops: (() => void)[] = [];

beforeEach(async () => {
  requests = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(
    () => server.closeAllConnections() as undefined,
    () => void server.close(),
  );
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hosts = [new URL(origin).host, '127.0.0.1:1'];
  const rulesOf = () => ({ ...defaultRules, archiveUrls: { hosts, others: 'none' as const } });
  use = { redactor: new Redactor(), signal: new AbortController().signal, settings, rulesOf };
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface Serving {
  readonly etag?: string | undefined;
  readonly modified?: string;
}

/** A web server that knows ranges, as they should be. */
function serving(content: Buffer, { etag = '"v1"', modified }: Serving = {}): Handler {
  return (request, response) => {
    const [, start = '0', end = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const headers = { ...(etag ? { etag } : {}), ...(modified ? { 'last-modified': modified } : {}) };
    const ifRange = request.headers['if-range'];
    if (ifRange !== undefined && ifRange !== etag) return void response.writeHead(200, headers).end(content);
    const body = content.subarray(Number(start), Number(end) + 1);
    const range = `bytes ${start}-${Number(start) + body.length - 1}/${content.length}`;
    response.writeHead(206, { ...headers, 'content-range': range, 'content-length': body.length }).end(body);
  };
}

const url = () => `${origin}/backups/old.zip${QUERY}`;
const open = async () => await openForeign({ url: url(), manager: 'm1' }, use);
const read = async (start: number, length: number) => {
  const source = await open();
  return Buffer.concat(await (await source.read(start, length)).toArray()).toString();
};

/** Every text of a failure is free of the query and of each of its secrets. */
async function failure(doing: Promise<unknown>): Promise<{ name: string; message: string }> {
  const error = await doing.then(
    () => ({ name: 'nothing', message: '' }),
    (e: Error) => e,
  );
  for (const secret of ['?', '0123456789abcdef', 'tok%2F', 'tok/en']) expect(error.message).not.toContain(secret);
  return error;
}

describe('an archive on a web server', () => {
  test('is read by ranges, exactly the bytes that were asked for', async () => {
    handle = serving(bytes);
    expect((await open()).size).toBe(20);
    expect(await read(3, 4)).toBe('3456');
    expect(await read(0, 20)).toBe(bytes.toString());
    expect(await read(19, 1)).toBe('j');
    expect(await read(5, 0)).toBe('');
    expect(requests[0]?.headers).toMatchObject({ range: 'bytes=0-0', 'accept-encoding': 'identity' });
    expect(requests[0]?.url).toBe(`/backups/old.zip${QUERY}`);
  });

  test.each([
    ['no ranges', 200, 'ArchiveUnsupported', /gives no ranges.*Put it into a bucket or on another web server/],
    ['not there', 404, 'ArchiveNotFound', /HTTP 404/],
    ['expired', 403, 'ArchiveNotFound', /signed one has expired/],
    ['overloaded', 503, 'StorageUnavailable', /just now.*HTTP 503/],
    ['too many', 429, 'StorageUnavailable', /HTTP 429/],
    ['a range without its total', 206, 'ArchiveUnsupported', /gives no ranges/],
  ])('%s', async (_, status, name, message) => {
    handle = (_request, response) => void response.writeHead(status).end('x');
    const error = await failure(open());
    expect([error.name, error.message]).toEqual([name, expect.stringMatching(message)]);
    expect(error.message).toContain(`${origin}/backups/old.zip`);
  });

  test('an empty one', async () => {
    handle = (_request, response) => void response.writeHead(416, { 'content-range': 'bytes */0' }).end();
    expect((await failure(open())).name).toBe('ArchiveEmpty');
  });

  test('nobody listens, nobody answers, somebody stops us', async () => {
    handle = (_request, response) => void response.destroy();
    expect((await failure(open())).name).toBe('StorageUnavailable');
    expect(
      (await failure(openForeign({ url: `http://127.0.0.1:1/a.zip${QUERY}`, manager: 'm1' }, use))).message,
    ).toContain('ECONNREFUSED');
    handle = () => undefined;
    expect((await failure(open())).name).toBe('StorageUnavailable');
    const aborted = { ...use, signal: AbortSignal.abort() };
    expect((await failure(openForeign({ url: url(), manager: 'm1' }, aborted))).name).toBe('Interrupted');
  });

  test.each([
    ['too few', 3, 'StorageUnavailable'],
    ['none', 0, 'StorageUnavailable'],
  ])('%s bytes of a range are an error, never a short read', async (_, sent, name) => {
    handle = serving(bytes);
    const source = await open();
    handle = (_request, response) => {
      response.writeHead(206, { etag: '"v1"', 'content-range': 'bytes 2-9/20' });
      response.end(bytes.subarray(2, 2 + sent));
    };
    expect((await failure((await source.read(2, 8)).toArray())).name).toBe(name);
  });

  test.each([
    ['another range', { 'content-range': 'bytes 0-7/20', etag: '"v1"' }, 206, 'StorageUnavailable'],
    ['another size', { 'content-range': 'bytes 2-9/21', etag: '"v1"' }, 206, 'SourceChanged'],
    ['another tag', { 'content-range': 'bytes 2-9/20', etag: '"v2"' }, 206, 'SourceChanged'],
    ['all of it', { etag: '"v2"' }, 200, 'SourceChanged'],
    [
      'it packed',
      { 'content-range': 'bytes 2-9/20', etag: '"v1"', 'content-encoding': 'gzip' },
      206,
      'ArchiveUnsupported',
    ],
    ['nothing any more', {}, 404, 'ArchiveNotFound'],
  ])('%s instead of the range is refused by name', async (_, headers, status, name) => {
    handle = serving(bytes);
    const source = await open();
    handle = (_request, response) => void response.writeHead(status, headers).end(bytes.subarray(0, 8));
    expect((await failure(source.read(2, 8))).name).toBe(name);
  });

  test('a strong tag is pinned by If-Range, a weak one is not worth it', async () => {
    handle = serving(bytes);
    await read(1, 2);
    expect(requests.at(-1)?.headers['if-range']).toBe('"v1"');
    handle = serving(bytes, { etag: 'W/"v1"' });
    expect(await read(1, 2)).toBe('12');
    expect(requests.at(-1)?.headers['if-range']).toBeUndefined();
  });

  test('without a tag its time tells whether it has changed', async () => {
    const modified = 'Sun, 22 Nov 2026 02:00:00 GMT';
    handle = serving(bytes, { etag: '', modified });
    const source = await open();
    handle = serving(bytes, { etag: '', modified: 'Sun, 22 Nov 2026 02:00:01 GMT' });
    expect((await failure(source.read(0, 2))).name).toBe('SourceChanged');
  });
});

describe('redirects', () => {
  const hops = (count: number, then: Handler): Handler => {
    return (request, response) => {
      const hop = Number(/hop=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
      if (hop >= count) return then(request, response);
      response.writeHead(302, { location: `/elsewhere?hop=${hop + 1}&sig=secret-of-the-redirect` }).end('moved');
    };
  };

  test('five are followed, anew for each read, and what signs them is known as secret', async () => {
    handle = hops(5, serving(bytes));
    expect(await read(3, 4)).toBe('3456');
    expect(requests.filter(({ url }) => url?.startsWith('/backups'))).toHaveLength(2);
    expect(use.redactor.clean('with secret-of-the-redirect')).toBe('with [redacted]');
  });

  test('not six, and to http and https only', async () => {
    handle = hops(6, serving(bytes));
    expect((await failure(open())).message).toMatch(/redirected more than 5 times/);
    for (const location of ['ftp://other/a.zip', 'file:///etc/passwd', 'http://']) {
      handle = (_request, response) => void response.writeHead(301, { location }).end();
      expect((await failure(open())).name).toBe('ArchiveUnsupported');
    }
  });
});

describe('SelectArchive', () => {
  const archive = makeArchive({
    format: 'legacy',
    edition: 'community',
    version: '6.4.2',
    sizeBytes: 300_000,
    seed: 3,
  });
  const depsNow = () => localDeps({ ...use, settings, secret: {} as never, s3: undefined as never, bucket: 'none' });

  test('looks into an archive at a URL, and says what it could not look at', async () => {
    const content = Buffer.concat(await (await archive.read(0, archive.size)).toArray());
    handle = serving(content);
    const input = { manager: 'm1', archiveUrl: url() };
    const output = await selectArchive.run({ input, run: { manager: 'm1' } as never }, depsNow());
    const facts = await inspectArchive(archive, 'a');
    expect(Selection.parse(output)).toEqual({
      ...{ from: 'url', manager: null, snapshot: null, key: null, versionId: null, crc32: null },
      ...{ size: content.length, sourceTag: '"v1"', format: 'legacy', snapshotVersion: '6.4.2', marksLegacy: false },
      ...{ memberCount: facts.memberCount, totals: facts.inventory.totals, takenAt: null, creationSeconds: null },
      notes: [expect.stringContaining('files were not verified')],
    });
    expect(JSON.stringify(output)).not.toContain('Signature');
  });

  test('another archive at the same URL is not taken for the one that was selected', async () => {
    handle = serving(bytes);
    const selection = { from: 'url', key: null, versionId: null, size: 20, sourceTag: '"v1"' } as Selection;
    expect((await sourceOf({ manager: 'm1', archiveUrl: url() }, selection, depsNow())).size).toBe(20);
    const error = await failure(sourceOf({ manager: 'm1', archiveUrl: url() }, { ...selection, size: 21 }, depsNow()));
    expect([error.name, error.message]).toEqual(['SourceChanged', expect.stringContaining('has 20 bytes now')]);
    const other = await failure(
      sourceOf({ manager: 'm1', archiveUrl: url() }, { ...selection, sourceTag: '"v0"' }, depsNow()),
    );
    expect([other.name, other.message]).toEqual(['SourceChanged', expect.stringContaining('not the one that was')]);
  });

  test('a web page is no archive', async () => {
    handle = serving(Buffer.from(`<html>${'login '.repeat(20)}</html>`));
    const input = { manager: 'm1', archiveUrl: url() };
    const error = await failure(selectArchive.run({ input, run: { manager: 'm1' } as never }, depsNow()));
    expect(error.name).toBe('NotAnArchive');
  });
});

test('the secret parts of a URL are known as they are written, as they read, and encoded once more', () => {
  const redactor = new Redactor();
  registerSecrets(`https://s3.example/b/a.zip${QUERY}`, redactor);
  const echoes = ['tok%2Fen%2Bvalue%3D%3D', 'tok/en+value==', 'tok%252Fen%252Bvalue%253D%253D', '0123456789abcdef'];
  for (const echo of echoes) expect(redactor.clean(`Cannot fetch ${echo}: no`)).toBe('Cannot fetch [redacted]: no');
  // Dates stand in ids of snapshots as well.
  expect(redactor.clean('offsite-20261122T020000Z')).toBe('offsite-20261122T020000Z');
  expect(shownUrl(`https://s3.example:8443/b/a.zip${QUERY}#x`)).toBe('https://s3.example:8443/b/a.zip');
});

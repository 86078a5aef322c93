import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { StorageUnavailable } from '../../../lib/base/errors.ts';
import { Redactor } from '../../../lib/base/redact.ts';
import { defaults } from '../../../lib/base/settings.ts';
import { ArchiveUpload } from '../../../lib/manager/archive-upload.ts';
import { Managers } from '../../../lib/manager/managers.ts';
import { withoutQueries } from '../../../lib/manager/upload-replies.ts';
import { uploadPath } from '../../../lib/restore/choose/transfer-method.ts';
import type { ByteSource } from '../../../lib/zip/byte-source.ts';
import { canariesIn, canary } from '../../support/canary.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { errorBody, idOf, json, NULLS, page, stores, UploadServer } from '../../support/upload-server.ts';

const snapshot = 'offsite-restore-20261123T020000Z-1a2b3c4d';
const archive = randomBytes(300_000);
const signedUrl = `https://b.s3.eu-west-1.amazonaws.com/archives/m1/a.zip?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=${canary.signature}&X-Amz-Security-Token=a%2Bb%2Fc%3D%3Dlonger`;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serverWith(put?: Parameters<typeof UploadServer.start>[0]): Promise<UploadServer> {
  const server = await UploadServer.start(put);
  open.push(() => server.close());
  return server;
}

interface Options {
  readonly endpoints?: readonly string[];
  readonly size?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly secrets?: () => string;
}

/** An upload as the step begins it, against one server or more. */
function uploadTo(server: UploadServer | undefined, options: Options = {}): ArchiveUpload {
  const endpoints = options.endpoints ?? (server ? [server.url] : []);
  const secret = () =>
    JSON.stringify({ endpoints, username: 'admin', password: options.secrets?.() ?? canary.password });
  const managers = new Managers(
    { read: async () => secret() },
    {
      settings: { ...defaults, managerTimeoutMs: 2000, managerIdleMs: 2000 },
      redactor: new Redactor(),
      signal: options.signal ?? new AbortController().signal,
      now: () => new Date(0),
    },
  );
  open.push(() => managers.close());
  const target = { manager: 'm1', node: endpoints[0] ?? '', tenant: 'tenant_1', snapshot };
  return new ArchiveUpload(managers, { ...target, size: options.size ?? archive.length }, options.timeoutMs ?? 2000);
}

const source = new MemorySource(archive);
const ignore = () => undefined;
const byUrl = (upload: ArchiveUpload) => upload.byUrl(uploadPath({ snapshot }, signedUrl), signedUrl);
const failureOf = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  return error as Error;
};

describe('by URL', () => {
  test('the URL is encoded once, without body and content type, for the tenant of the input', async () => {
    const server = await serverWith((request, response) =>
      json(response, 201, { id: idOf(request), status: 'uploaded' }),
    );
    expect(await byUrl(uploadTo(server))).toBe('stored');
    const { url, headers } = server.seen.at(-1) ?? { url: '', headers: {} };
    expect(new URL(url, server.url).searchParams.get('snapshot_archive_url')).toBe(signedUrl);
    expect(url.match(/&/g)).toBeNull();
    expect(headers).toMatchObject({ 'content-length': '0', tenant: 'tenant_1' });
    expect(headers['content-type']).toBeUndefined();
  });

  test.each([
    ['bad_parameters_error', `Cannot fetch ${signedUrl}: 403 Client Error: Forbidden for url: ${signedUrl}`],
    ['bad_parameters_error', `Invalid URL ${encodeURIComponent(signedUrl)}`],
    ['param_url_not_found_error', `URL ${signedUrl} not found - can't download snapshot archive`],
    [
      'bad_parameters_error',
      `Cannot fetch x: HTTPSConnectionPool(host='b.s3', port=443): Max retries exceeded with url: /a.zip${new URL(signedUrl).search} (Caused by NewConnectionError('refused'))`,
    ],
    ['bad_parameters_error', `Cannot fetch it: redirected to signature ${canary.signature} and token a+b/c==longer`],
  ])('400 %s is UrlUnreachable, and shows nothing that is signed (%#)', async (code, message) => {
    const server = await serverWith((_request, response) => json(response, 400, errorBody(code, message)));
    const error = await failureOf(byUrl(uploadTo(server)));
    expect(error.name).toBe('UrlUnreachable');
    expect(canariesIn(error.message)).toEqual([]);
    expect(error.message).not.toMatch(/AKIA|Signature=|a\+b\/c|a%2Bb|a%252Bb/);
    expect(error.message).toContain('"stream"');
    expect(server.puts).toBe(1);
  });

  test('the reason stays readable', () => {
    expect(withoutQueries(`Cannot fetch ${signedUrl}: 403 Client Error: Forbidden`, signedUrl)).toBe(
      'Cannot fetch https://b.s3.eu-west-1.amazonaws.com/archives/m1/a.zip?… 403 Client Error: Forbidden',
    );
  });

  test.each([400, 414])('a page with HTTP %i is about the request line', async (status) => {
    const server = await serverWith((_request, response) => page(response, status, 'Request Line is too large'));
    const error = await failureOf(byUrl(uploadTo(server)));
    expect(error.name).toBe('UrlUnreachable');
    expect(error.message).toMatch(/the request line has \d+ bytes/);
  });

  test('201 without a snapshot is a finding: the file of an existing id was replaced', async () => {
    for (const body of [NULLS, {}]) {
      const server = await serverWith((_request, response) => json(response, 201, body));
      expect(await byUrl(uploadTo(server))).toBe('replaced');
    }
  });

  test('201 with another snapshot is nothing that anybody understands', async () => {
    const server = await serverWith((_request, response) => json(response, 201, { id: 'other', status: 'uploaded' }));
    expect((await failureOf(byUrl(uploadTo(server)))).name).toBe('UnexpectedReply');
  });

  test.each([
    ['the right file', archive, 'existing'],
    ['another file', archive.subarray(1), 'ManagerUnavailable'],
  ])('409 conflict_error: the row exists now, with %s', async (_what, file, expected) => {
    const server = await serverWith((request, response, self) => {
      [self.row, self.file] = [{ id: idOf(request), status: 'uploaded' }, file];
      json(response, 409, errorBody('conflict_error', 'already exists'));
    });
    const result = await byUrl(uploadTo(server)).catch((error: Error) => error.name);
    expect(result).toBe(expected);
  });

  test.each([502, 504, 500])('HTTP %i: whether it was done is asked, and it is never sent again', async (status) => {
    const done = await serverWith((request, response, self) => {
      [self.row, self.file] = [{ id: idOf(request), status: 'uploaded' }, archive];
      page(response, status);
    });
    expect(await byUrl(uploadTo(done))).toBe('unanswered');
    const undone = await serverWith((_request, response) => page(response, status));
    expect((await failureOf(byUrl(uploadTo(undone)))).name).toBe('ManagerUnavailable');
    expect([done.puts, undone.puts]).toEqual([1, 1]);
  });

  test('a lost answer and one that never comes are looked after', async () => {
    const lost = await serverWith((request, _response, self) => {
      [self.row, self.file] = [{ id: idOf(request), status: 'uploaded' }, archive];
      request.socket.destroy();
    });
    expect(await byUrl(uploadTo(lost))).toBe('unanswered');
    const silent = await serverWith(() => undefined);
    expect((await failureOf(byUrl(uploadTo(silent, { timeoutMs: 100 })))).name).toBe('ManagerUnavailable');
    expect([lost.puts, silent.puts]).toEqual([1, 1]);
  });

  test('a full disk is said', async () => {
    const server = await serverWith((_request, response) =>
      json(response, 500, errorBody('internal_server_error', 'OSError: [Errno 28] No space left on device')),
    );
    const error = await failureOf(byUrl(uploadTo(server)));
    expect([error.name, error.message]).toEqual(['ManagerUnavailable', expect.stringContaining('no space left')]);
  });

  test('the next node is asked only when the first takes no connection', async () => {
    const second = await serverWith((request, response) =>
      json(response, 201, { id: idOf(request), status: 'uploaded' }),
    );
    const broken = await serverWith((request) => void request.socket.destroy());
    const gone = await UploadServer.start();
    const goneUrl = gone.url;
    await gone.close();
    expect(await byUrl(uploadTo(undefined, { endpoints: [goneUrl, second.url] }))).toBe('stored');
    const failure = await failureOf(byUrl(uploadTo(undefined, { endpoints: [broken.url, second.url] })));
    expect(failure.name).toBe('ManagerUnavailable');
    expect([second.puts, broken.puts]).toEqual([1, 1]);
  });
});

describe('as a stream', () => {
  test('every byte arrives, as octets with their exact length', async () => {
    const server = await serverWith();
    let sent = 0;
    expect(await uploadTo(server).byBody(source, (bytes) => (sent += bytes))).toBe('stored');
    expect(server.bodies[0]?.equals(archive)).toBe(true);
    expect(sent).toBe(archive.length);
    const headers = server.seen.find(({ method }) => method === 'PUT')?.headers;
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(archive.length),
      tenant: 'tenant_1',
    });
    expect(headers?.['transfer-encoding']).toBeUndefined();
  });

  test('a source that fails half way ends the request: nothing short is accepted', async () => {
    const server = await serverWith();
    const error = await failureOf(uploadTo(server).byBody(failing(archive.length / 2), ignore));
    expect([error.name, error.message]).toEqual(['StorageUnavailable', 'S3 went away']);
    await expect.poll(() => server.cut).toBe(1);
    expect([server.row, server.bodies.length, server.puts]).toEqual([undefined, 0, 1]);
  });

  test.each([0, 1000])('a source that ends after %i bytes without a word does, too', async (bytes) => {
    const server = await serverWith();
    const short: ByteSource = { size: archive.length, read: async () => Readable.from([archive.subarray(0, bytes)]) };
    const error = await failureOf(uploadTo(server).byBody(short, ignore));
    expect(error.name).toBe('StorageUnavailable');
    expect([server.row, server.bodies]).toEqual([undefined, []]);
  });

  test.each([
    [401, 'unauthorized_error', 'ManagerUnavailable'],
    [503, 'entering_maintenance_mode', 'ManagerBusy'],
    [403, 'forbidden_error', 'PermissionDenied'],
  ])('an early HTTP %i %s is heard although the body is not read', async (status, code, expected) => {
    const server = await serverWith((_request, response) => {
      response.setHeader('connection', 'close');
      json(response, status, errorBody(code, 'No.'));
    });
    const upload = uploadTo(server, { size: 64 * 1024 * 1024 });
    let read = 0;
    const error = await failureOf(
      upload.byBody(endless(64 * 1024 * 1024), (bytes) => {
        read += bytes;
      }),
    );
    expect(error.name).toBe(expected);
    expect(read).toBeLessThan(32 * 1024 * 1024);
    expect(server.puts).toBe(1);
  });

  test('credentials that are rejected everywhere are CredentialsRejected', async () => {
    const server = await serverWith((_request, response, self) => {
      self.rejects = true;
      json(response, 401, errorBody('unauthorized_error', 'User unauthorized'));
    });
    const error = await failureOf(uploadTo(server).byBody(source, ignore));
    expect(error.name).toBe('CredentialsRejected');
    expect(canariesIn(error.message)).toEqual([]);
  });

  test('a connection that breaks in the middle is looked after', async () => {
    const server = await serverWith((request) => {
      request.once('data', () => request.socket.resetAndDestroy());
    });
    const error = await failureOf(uploadTo(server).byBody(source, ignore));
    expect(error.name).toBe('ManagerUnavailable');
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  test('the body may take longer than the reply', async () => {
    const server = await serverWith();
    const slow: ByteSource = { size: archive.length, read: async () => Readable.from(dripping(6, 60)) };
    expect(await uploadTo(server, { timeoutMs: 150 }).byBody(slow, ignore)).toBe('stored');
  });

  test.each([
    [413, 'UnexpectedReply', /too large/],
    [415, 'UnexpectedReply', /HTTP 415/],
    [502, 'ManagerUnavailable', /memory/],
  ])('HTTP %i is %s', async (status, name, words) => {
    const server = await serverWith(async (request, response, self) => {
      await self.receive(request);
      page(response, status);
    });
    const error = await failureOf(uploadTo(server).byBody(source, ignore));
    expect([error.name, error.message]).toEqual([name, expect.stringMatching(words)]);
  });

  test('an interrupted run ends the request and the reading', async () => {
    const stop = new AbortController();
    const server = await serverWith(() => undefined);
    let closed = false;
    const stream = endless(1e9);
    const watched: ByteSource = {
      size: 1e9,
      read: async (start, length) => (await stream.read(start, length)).once('close', () => (closed = true)),
    };
    const upload = uploadTo(server, { signal: stop.signal, size: 1e9 });
    const failure = failureOf(upload.byBody(watched, ignore));
    await expect.poll(() => server.puts).toBe(1);
    stop.abort();
    expect((await failure).name).toBe('Interrupted');
    expect(closed).toBe(true);
  });

  test('a manager that does not read is not flooded', async () => {
    const stop = new AbortController();
    const server = await serverWith((request) => void request.pause());
    let sent = 0;
    const upload = uploadTo(server, { signal: stop.signal, size: 1e9 });
    const failure = failureOf(upload.byBody(endless(1e9), (bytes) => (sent += bytes)));
    await expect.poll(() => sent).toBeGreaterThan(0);
    await pause(300);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    stop.abort();
    await failure;
  });
});

describe('what is there before', () => {
  test.each([
    ['nothing', undefined, undefined, { state: 'absent' }],
    ['all of it', 'uploaded', archive, { state: 'whole' }],
    ['half of it', 'uploaded', archive.subarray(0, 9), { state: 'other', size: 9 }],
    ['an empty file', 'uploaded', Buffer.alloc(0), { state: 'other', size: undefined }],
    ['a row without a file', 'uploaded', undefined, { state: 'other', size: undefined }],
  ])('%s', async (_what, status, file, expected) => {
    const server = await serverWith();
    server.row = status === undefined ? undefined : { id: snapshot, status };
    server.file = file;
    expect(await uploadTo(server).look()).toEqual(expected);
  });

  test.each(['creating', 'created', 'failed'])('a snapshot of our id that is %s is nobody’s upload', async (status) => {
    const server = await serverWith();
    server.row = { id: snapshot, status };
    expect((await failureOf(uploadTo(server).look())).name).toBe('UnexpectedReply');
    expect(server.seen.map(({ method }) => method)).toEqual(['GET']);
  });

  test('only our own id is removed', async () => {
    const server = await serverWith();
    server.row = { id: snapshot, status: 'uploaded' };
    await uploadTo(server).remove();
    expect(server.seen.map(({ method, url }) => [method, url])).toEqual([
      ['DELETE', `/api/v3.1/snapshots/${snapshot}`],
    ]);
  });
});

test('K22: no id that climbs becomes an upload', async () => {
  const server = await serverWith(stores);
  for (const id of ['..', '.', '%2e%2e', 'a/../..', 'a b', '']) {
    expect(() => uploadPath({ snapshot: id }, signedUrl)).toThrow();
  }
  expect(server.seen).toEqual([]);
});

function failing(after: number): ByteSource {
  async function* bytes() {
    yield archive.subarray(0, after);
    await pause(50);
    throw new StorageUnavailable('S3 went away');
  }
  return { size: archive.length, read: async () => Readable.from(bytes(), { objectMode: false }) };
}

function endless(size: number): ByteSource {
  const chunk = Buffer.alloc(64 * 1024, 7);
  function* bytes() {
    for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, Math.min(left, chunk.length));
  }
  return { size, read: async () => Readable.from(bytes(), { objectMode: false }) };
}

async function* dripping(pieces: number, delayMs: number) {
  const length = Math.ceil(archive.length / pieces);
  for (let at = 0; at < archive.length; at += length) {
    await pause(delayMs);
    yield archive.subarray(at, at + length);
  }
}

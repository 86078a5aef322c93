import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { send, type WireResponse } from '../replay/wire.ts';

/** A manager on a clock that only the test moves. */
interface World {
  readonly manager: SimulatedManager;
  pass(seconds: number): void;
  call(method: string, path: string, more?: Call): Promise<WireResponse>;
  json(method: string, path: string, more?: Call): Promise<Record<string, unknown>>;
}

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly node?: number;
}

const running: SimulatedManager[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((manager) => manager.close()));
});

async function start(options: SimulatedManagerOptions = {}): Promise<World> {
  let now = Date.parse('2026-11-22T02:00:00Z');
  const manager = await startSimulatedManager({ now: () => new Date(now), ...options });
  running.push(manager);
  const basic = Buffer.from('admin:admin').toString('base64');
  const call = (method: string, path: string, { body, headers = {}, node = 0 }: Call = {}): Promise<WireResponse> =>
    send({
      url: manager.urls[node] ?? '',
      method,
      path: path.startsWith('/') ? path : `/api/v3.1/${path}`,
      headers: {
        Authorization: `Basic ${basic}`,
        Tenant: 'default_tenant',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
      ca: manager.caPem ?? '',
    });
  const json = async (method: string, path: string, more?: Call): Promise<Record<string, unknown>> =>
    JSON.parse((await call(method, path, more)).body.toString()) as Record<string, unknown>;
  const pass = (seconds: number): void => {
    now += seconds * 1000;
  };
  return { manager, call, json, pass };
}

const head = (response: WireResponse, name: string): string | undefined => response.headers.get(name)?.join();
const ARCHIVE = 'snapshots/s1/archive';

/** A manager that has just made the snapshot s1. */
async function withSnapshot(options: SimulatedManagerOptions = {}): Promise<World> {
  const world = await start(options);
  await world.call('PUT', 'snapshots/s1', { body: {} });
  world.pass(10);
  return world;
}

// --- the life of a snapshot ---

test('a create goes from pending over started to created, and its execution ends a moment later', async () => {
  const { call, json, pass } = await start({ createSeconds: 100 });
  const made = await call('PUT', 'snapshots/s1', { body: {} });
  expect(made.status).toBe(201);
  const { id } = JSON.parse(made.body.toString()) as { id: string };
  const look = async (): Promise<unknown[]> => [
    (await json('GET', 'snapshots/s1')).status,
    (await json('GET', `executions/${id}?_include=status`)).status,
  ];
  expect(await look()).toEqual(['creating', 'pending']);
  pass(11);
  expect(await look()).toEqual(['creating', 'started']);
  pass(88.6);
  expect(await look()).toEqual(['created', 'started']);
  pass(0.5);
  expect(await look()).toEqual(['created', 'terminated']);
});

test('the database password is in the execution, unless only other fields are asked for', async () => {
  const { manager, call } = await start();
  const made = await call('PUT', 'snapshots/s1', { body: {} });
  const { id } = JSON.parse(made.body.toString()) as { id: string };
  expect(made.body.toString()).toContain(manager.databasePassword);
  expect((await call('GET', `executions/${id}`)).body.toString()).toContain(manager.databasePassword);
  const careful = await call('GET', `executions/${id}?_include=id,status,error`);
  expect(careful.body.toString()).not.toContain(manager.databasePassword);
  expect((await call('GET', 'brokers')).body.toString()).toContain(manager.brokerPassword);
});

test('what is downloaded is what was made, whole and in ranges', async () => {
  const { manager, call } = await withSnapshot({ archive: { sizeBytes: 4_000_000 } });
  const whole = await call('GET', ARCHIVE);
  const { size, crc32, sha256 } = await manager.archiveDigest('s1');
  expect([whole.body.length, size, manager.archiveOf('s1')?.crc32]).toEqual([4_000_000, 4_000_000, crc32]);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const part = await call('GET', ARCHIVE, {
    headers: { Range: 'bytes=1000000-1999999', 'If-Range': head(whole, 'etag') ?? '' },
  });
  expect(part.status).toBe(206);
  expect(head(part, 'content-range')).toBe('bytes 1000000-1999999/4000000');
  expect(part.body.equals(whole.body.subarray(1_000_000, 2_000_000))).toBe(true);
});

test('a zip file from the disk is served as it is', async () => {
  const file = new URL('../fixtures/snapshots/manager-5.1.0.zip', import.meta.url).pathname;
  const { call } = await withSnapshot({ version: '5.1.0', archive: { file } });
  expect((await call('GET', ARCHIVE)).body.length).toBe(54_063);
  expect((await call('GET', ARCHIVE, { headers: { Range: 'bytes=0-3' } })).body.toString('hex')).toBe('504b0304');
});

test('two creates have different bytes, and the first those of the seed', async () => {
  const { manager, call, pass } = await withSnapshot({ archive: { seed: 5 } });
  await call('PUT', 'snapshots/s2', { body: {} });
  pass(10);
  expect(manager.archiveOf('s1')?.crc32).not.toBe(manager.archiveOf('s2')?.crc32);
});

test('the last bytes of an archive of 5 GiB come as fast as the first', async () => {
  const size = 5 * 1024 ** 3;
  const { call } = await withSnapshot({ archive: { sizeBytes: size } });
  expect(head(await call('HEAD', ARCHIVE), 'content-length')).toBe(String(size));
  const end = await call('GET', ARCHIVE, { headers: { Range: 'bytes=-22' } });
  expect(end.body.readUInt32LE(0)).toBe(0x06054b50);
});

// --- version lines ---

test.each([
  ['5.0.5', 404, 'application/zip', 'attachment; filename=s1.zip', 'legacy'],
  ['5.2.7', 404, 'application/octet-stream', 'attachment; filename=s1.zip', 'legacy'],
  ['6.4.2', 200, 'application/octet-stream', 'attachment; filename=s1.zip', 'legacy'],
  ['7.0.0', 200, 'application/octet-stream', 'attachment; filename="s1.zip"', 'legacy'],
  ['7.0.5', 200, 'application/octet-stream', 'attachment; filename="s1.zip"', 'new'],
])(
  '%s answers /ok with %i and serves archives as %s, %s, format %s',
  async (version, ok, type, disposition, format) => {
    const { manager, call } = await withSnapshot({ version });
    expect((await call('GET', 'ok')).status).toBe(ok);
    const archive = await call('HEAD', ARCHIVE);
    expect([head(archive, 'content-type'), head(archive, 'content-disposition')]).toEqual([type, disposition]);
    expect(manager.archiveOf('s1')?.format).toBe(format);
    expect(manager.archiveOf('s1')?.version).toBe(version);
  },
);

test.each([
  ['5.0.5', 'terminated'],
  ['5.1.0', 'failed'],
  ['7.0.5', 'failed'],
])('on %s the execution of a failed create ends %s', async (version, ending) => {
  const { manager, call, json, pass } = await start({ version });
  manager.faults.inject('createFails', { error: '[Errno 28] No space left on device' });
  const { id } = await json('PUT', 'snapshots/s1', { body: {} });
  pass(10);
  expect(await json('GET', 'snapshots/s1?_include=status,error')).toEqual({
    status: 'failed',
    error: '[Errno 28] No space left on device',
  });
  expect((await json('GET', `executions/${id}`)).status).toBe(ending);
  expect((await call('GET', ARCHIVE)).status).toBe(400);
});

test('an archive that is not there yet is a 500 on 5.0.5 and a 404 page later', async () => {
  for (const [version, status] of [
    ['5.0.5', 500],
    ['6.1.0', 404],
  ] as const) {
    const { call } = await start({ version });
    await call('PUT', 'snapshots/s1', { body: {} });
    const answer = await call('GET', ARCHIVE);
    expect(answer.status).toBe(status);
    expect(head(answer, 'content-type')).toBe(status === 500 ? 'application/json' : 'text/html');
  }
});

test.each([
  ['6.2.0', 'You cannot start a system-wide execution'],
  ['6.4.2', 'Cannot start execution because there are other executions running e.g.: '],
])('an execution in another tenant blocks a create on %s', async (version, text) => {
  const { manager, json, pass } = await start({ version, tenants: ['other'] });
  const other = manager.state.addExecution({ workflowId: 'install', tenant: 'other', status: 'started' });
  const refused = await json('PUT', 'snapshots/s1', { body: {} });
  expect(refused.error_code).toBe('existing_running_execution_error');
  expect(refused.message).toContain(text);
  expect((await json('GET', 'snapshots?_include=id')).items).toEqual([]);
  const queued = await json('PUT', 'snapshots/s1', { body: { queue: true } });
  expect(queued.status).toBe('queued');
  manager.state.setExecutionStatus(other, 'terminated', '');
  pass(10);
  expect((await json('GET', 'snapshots/s1')).status).toBe('created');
});

test('from 7.0.4 on only legacy and queued creates wait for others', async () => {
  for (const [version, status] of [
    ['7.0.2', 400],
    ['7.0.4', 201],
  ] as const) {
    const { manager, call } = await start({ version });
    manager.state.addExecution({ workflowId: 'install', status: 'started' });
    expect((await call('PUT', 'snapshots/s1', { body: {} })).status).toBe(status);
    expect((await call('PUT', 'snapshots/s2', { body: { legacy: true } })).status).toBe(400);
  }
});

test('a snapshot in the making can be deleted up to 5.2 and not from 6.0 on', async () => {
  for (const [version, status] of [
    ['5.2.7', 200],
    ['6.0.0', 400],
  ] as const) {
    const { call } = await start({ version });
    await call('PUT', 'snapshots/s1', { body: {} });
    expect((await call('DELETE', 'snapshots/s1')).status).toBe(status);
  }
});

test('the list envelope has `filtered` from 5.2 on', async () => {
  for (const [version, keys] of [
    ['5.1.0', ['pagination']],
    ['5.2.7', ['pagination', 'filtered']],
  ] as const) {
    const { metadata } = await (await start({ version })).json('GET', 'snapshots');
    expect(Object.keys(metadata as object)).toEqual(keys);
  }
});

test('tokens are signed and short-lived up to 6.3, stored and listed from 6.4 on', async () => {
  const old = await start({ version: '6.3.0' });
  const signed = await old.json('GET', 'tokens');
  expect(Object.keys(signed)).toEqual(['username', 'value', 'role']);
  const headers = { Authorization: '', 'Authentication-Token': String(signed.value) };
  expect((await old.call('GET', 'snapshots', { headers })).status).toBe(200);
  old.pass(36_001);
  expect((await old.call('GET', 'snapshots', { headers })).status).toBe(401);
  const stored = await (await start({ version: '6.4.2' })).json('POST', 'tokens', { body: {} });
  expect(stored.value).toMatch(/^ctok-\w{10}-\w{40}$/);
});

test('when a token and a password are sent, the worker of 6.4 wins over both and earlier the password does', async () => {
  for (const [version, status] of [
    ['6.3.0', 200],
    ['6.4.2', 401],
  ] as const) {
    const { call } = await start({ version });
    expect((await call('GET', 'snapshots', { headers: { 'Execution-Token': 'nonsense' } })).status).toBe(status);
  }
});

test('5.0.5 shows replication in cluster-status: one master', async () => {
  const { json } = await start({ version: '5.0.5', nodes: 3 });
  const { services } = (await json('GET', 'cluster-status')) as { services: { db: { nodes: object } } };
  const roles = JSON.stringify(services.db.nodes).match(/"role":"\w+"/g);
  expect(roles).toEqual(['"role":"master"', '"role":"replica"', '"role":"replica"']);
});

// --- people ---

test('a user without the role may not list snapshots but may download any archive by its path', async () => {
  const { call } = await withSnapshot({ users: [{ name: 'viewer', password: 'v', role: 'default' }] });
  const headers = { Authorization: `Basic ${Buffer.from('viewer:v').toString('base64')}` };
  expect((await call('GET', 'snapshots', { headers })).status).toBe(403);
  expect((await call('GET', ARCHIVE, { headers })).status).toBe(403);
  expect((await call('GET', '/resources/snapshots/s1/s1.zip', { headers })).body.length).toBe(3_000_000);
});

test('an upload to the id .. removes all archives', async () => {
  const { manager, call } = await withSnapshot();
  expect(
    (await call('PUT', 'snapshots/../archive', { headers: { 'Content-Type': 'application/zip' }, body: 'x' })).status,
  ).toBe(500);
  expect([...manager.state.files.keys()]).toEqual([]);
  expect((await call('GET', ARCHIVE)).status).toBe(404);
});

test('31 of 60 requests at once pass the rate limit, and ten more for each second', async () => {
  const { call, pass } = await start({ rateLimit: true });
  const burst = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => call('GET', '/api/version')));
    return answers.filter(({ status }) => status === 200).length;
  };
  expect(await burst()).toBe(31);
  pass(1);
  expect(await burst()).toBe(10);
  const refused = await call('GET', '/api/version');
  expect([refused.status, head(refused, 'content-type'), head(refused, 'retry-after')]).toEqual([
    503,
    'text/html',
    undefined,
  ]);
});

test('TLS works with the CA that the manager made, and only with it', async () => {
  const { manager, call } = await start({ tls: true });
  expect(manager.urls[0]).toMatch(/^https:/);
  expect((await call('GET', '/api/version')).status).toBe(200);
  const strange = send({ url: manager.urls[0] ?? '', method: 'GET', path: '/', headers: {}, body: Buffer.alloc(0) });
  await expect(strange).rejects.toMatchObject({ code: expect.stringMatching(/CERT|SELF_SIGNED|UNABLE_TO/) });
});

// --- several nodes ---

test('nodes share snapshots and executions, and a stopped one refuses connections until it is back', async () => {
  const { manager, call, json } = await start({ nodes: 2 });
  await call('PUT', 'snapshots/s1', { body: {}, node: 0 });
  expect((await json('GET', 'snapshots/s1', { node: 1 })).status).toBe('creating');
  await manager.stopNode(0);
  // The first attempt may still go out on a kept connection and find it cut.
  await call('GET', '/api/version').catch(() => undefined);
  await expect(call('GET', '/api/version')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect((await json('GET', 'cluster-status?summary=true', { node: 1 })).status).toBe('Degraded');
  await manager.startNode(0);
  expect((await call('GET', '/api/version')).status).toBe(200);
});

test('a restore flag lies on one node, and an archive reaches the other when replication has caught up', async () => {
  const { manager, call, json, pass } = await withSnapshot({ nodes: 2, replicationSeconds: 60 });
  manager.state.restoreFlags.add(1);
  expect(await json('GET', 'snapshot-status', { node: 0 })).toEqual({ status: 'not-running' });
  expect(await json('GET', 'snapshot-status', { node: 1 })).toEqual({ status: 'running' });
  expect([(await call('HEAD', ARCHIVE)).status, (await call('HEAD', ARCHIVE, { node: 1 })).status]).toEqual([200, 404]);
  pass(60);
  expect((await call('HEAD', ARCHIVE, { node: 1 })).status).toBe(200);
});

test('a node split from the others tells another story', async () => {
  const { manager, json } = await withSnapshot({ nodes: 2 });
  manager.faults.inject('splitBrain', {}, { node: 1 });
  const story = async (node: number): Promise<unknown[]> => [
    (await json('GET', 'snapshots?_include=id', { node })).items,
    (await json('GET', 'managers?_include=hostname', { node })).items,
  ];
  expect(await story(0)).toEqual([[{ id: 's1' }], [{ hostname: 'manager1' }, { hostname: 'manager2' }]]);
  expect(await story(1)).toEqual([[{ id: 'only-on-this-node' }], [{ hostname: 'manager2' }]]);
});

// --- faults ---

test('a fault strikes as often as it is told, after so many passes, and only where it is aimed at', async () => {
  const { manager, call } = await start({ nodes: 2 });
  const fault = manager.faults.inject(
    'serverError',
    { status: 503 },
    { times: 2, after: 1, node: 0, method: 'GET', path: /version/ },
  );
  const statuses: number[] = [];
  for (const [method, path, node] of [
    ['GET', '/api/version', 1],
    ['GET', 'ok', 0],
    ['HEAD', '/api/version', 0],
  ] as const) {
    statuses.push((await call(method, path, { node })).status);
  }
  for (let n = 0; n < 4; n++) statuses.push((await call('GET', '/api/version')).status);
  expect(statuses).toEqual([200, 200, 200, 200, 503, 503, 200]);
  expect(fault.hits).toBe(2);
});

test.each([
  ['serverError', { status: 500 }, 500, 'application/json'],
  ['serverError', { status: 502 }, 502, 'text/html'],
  ['serverError', { status: 504 }, 504, 'text/html'],
  ['htmlError', { status: 200 }, 200, 'text/html'],
  ['rateLimited', {}, 503, 'text/html'],
  ['expiredCredentials', {}, 401, 'application/json'],
  ['forbidden', {}, 403, 'application/json'],
  ['unlicensed', {}, 400, 'application/json'],
] as const)('%s %o answers the next request with %i and %s', async (name, parameters, status, type) => {
  const { manager, call } = await start();
  const fault = manager.faults.inject(name, parameters, { times: 1 });
  const answer = await call('GET', 'snapshots');
  expect([answer.status, head(answer, 'content-type')]).toEqual([status, type]);
  fault.clear();
  expect((await call('GET', 'snapshots')).status).toBe(200);
});

test('garbage has the right type and is no JSON', async () => {
  const { manager, json } = await start();
  manager.faults.inject('garbageJson', {}, { times: 1 });
  await expect(json('GET', 'snapshots')).rejects.toThrow(SyntaxError);
});

test.each(['refuse', 'lostCreateResponse'] as const)('with %s the answer to a create never arrives', async (name) => {
  const { manager, call } = await start();
  manager.faults.inject(name, {}, { times: 1 });
  await expect(call('PUT', 'snapshots/s1', { body: {} })).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await call('GET', 'snapshots/s1')).status).toBe(name === 'refuse' ? 404 : 200);
});

test('a hanging manager never answers', async () => {
  const { manager, call } = await start();
  manager.faults.inject('hang', {}, { times: 1 });
  const hanging = call('GET', '/api/version').then(
    () => 'answered',
    () => 'closed',
  );
  expect(await Promise.race([hanging, pause(100, 'silent')])).toBe('silent');
  await manager.close();
  expect(await hanging).toBe('closed');
});

test.each([
  ['create500ButDone', 'created'],
  ['createNeverArrives', undefined],
  ['brokerDown', 'creating'],
] as const)('%s answers a create with 500, and later the snapshot is %s', async (name, status) => {
  const { manager, call, json, pass } = await start();
  manager.faults.inject(name, {});
  expect((await call('PUT', 'snapshots/s1', { body: {} })).status).toBe(500);
  manager.faults.clear();
  pass(1000);
  expect((await json('GET', 'snapshots/s1')).status).toBe(status);
});

test('a create can go on for ever, and leave a half-written zip to be downloaded', async () => {
  const { manager, call, json, pass } = await start();
  manager.faults.inject('createForever', {});
  manager.faults.inject('partialZipWhileCreating', {});
  await call('PUT', 'snapshots/s1', { body: {} });
  pass(86_400);
  expect((await json('GET', 'snapshots/s1')).status).toBe('creating');
  const half = await call('GET', ARCHIVE);
  expect([half.status, half.body.length]).toEqual([200, 1_500_000]);
});

test('a cancelled create ends at once and its row stays creating', async () => {
  const { call, json, pass } = await start();
  const { id } = await json('PUT', 'snapshots/s1', { body: {} });
  await call('POST', `executions/${id}`, { body: { action: 'cancel' } });
  pass(100);
  expect((await json('GET', `executions/${id}`)).status).toBe('cancelled');
  expect((await json('GET', 'snapshots/s1')).status).toBe('creating');
});

test('the simulated busy manager refuses any create', async () => {
  const { manager, json } = await start();
  manager.faults.inject('busy', {}, { times: 1 });
  expect((await json('PUT', 'snapshots/s1', { body: {} })).error_code).toBe('existing_running_execution_error');
  expect((await json('PUT', 'snapshots/s1', { body: {} })).status).toBe('pending');
});

test.each([
  ['archiveMissing', {}, 404, 146],
  ['archiveEmpty', {}, 200, 0],
  ['archiveTruncated', { bytes: 1234 }, 200, 1234],
] as const)('%s %o makes the download a %i of %i bytes', async (name, parameters, status, length) => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject(name, parameters);
  const answer = await call('GET', ARCHIVE);
  expect([answer.status, answer.body.length]).toEqual([status, length]);
});

test('a login page may come in place of the archive', async () => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject('archiveHtml', {});
  expect((await call('GET', ARCHIVE)).body.toString()).toContain('<html>');
});

test('a corrupt archive differs in one bit of the largest member, in whole and in range', async () => {
  const { manager, call } = await withSnapshot();
  const good = (await call('GET', ARCHIVE)).body;
  manager.faults.inject('archiveCorrupt', {});
  const bad = (await call('GET', ARCHIVE)).body;
  const at = good.findIndex((byte, n) => byte !== bad[n]);
  expect(Buffer.compare(good.subarray(at + 1), bad.subarray(at + 1))).toBe(0);
  const part = await call('GET', ARCHIVE, { headers: { Range: `bytes=${at}-${at}` } });
  expect(part.body[0]).toBe(bad[at]);
});

test.each([
  ['changeEtagMidTransfer', false],
  ['sameEtagOtherBytes', true],
] as const)('%s exchanges the archive after two requests; the ETag stays: %s', async (name, isSame) => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject(name, { afterRequests: 2 });
  const answers: WireResponse[] = [];
  for (let n = 0; n < 3; n++) answers.push(await call('GET', ARCHIVE));
  const [first, second, third] = answers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('no answers');
  expect(first.body.equals(second.body)).toBe(true);
  expect(first.body.equals(third.body)).toBe(false);
  expect(head(first, 'etag') === head(third, 'etag')).toBe(isSame);
});

test('a connection may drop at a byte of the body or of the archive', async () => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject('dropConnectionAtByte', { afterBytes: 1000 }, { times: 1 });
  await expect(call('GET', ARCHIVE)).rejects.toMatchObject({ code: 'ECONNRESET' });
  const fault = manager.faults.inject('dropConnectionAtByte', { archiveByte: 2_000_000 }, { times: 1 });
  expect((await call('GET', ARCHIVE, { headers: { Range: 'bytes=0-999999' } })).status).toBe(206);
  expect(fault.hits).toBe(0);
  await expect(call('GET', ARCHIVE, { headers: { Range: 'bytes=1500000-2499999' } })).rejects.toMatchObject({
    code: 'ECONNRESET',
  });
});

test('a body may be shorter than promised, or promise less than was asked for', async () => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject('shortBody', { missingBytes: 10 }, { times: 1 });
  await expect(call('GET', ARCHIVE)).rejects.toMatchObject({ code: 'ECONNRESET' });
  manager.faults.inject('wrongLengthClean', { missingBytes: 10 }, { times: 1 });
  const short = await call('GET', ARCHIVE);
  expect([short.body.length, head(short, 'content-length')]).toEqual([2_999_990, '2999990']);
});

test('ranges may be ignored, or be others than asked for', async () => {
  const { manager, call } = await withSnapshot();
  const headers = { Range: 'bytes=100-199' };
  manager.faults.inject('noRanges', {}, { times: 1 });
  const whole = await call('GET', ARCHIVE, { headers });
  expect([whole.status, whole.body.length, head(whole, 'accept-ranges')]).toEqual([200, 3_000_000, undefined]);
  manager.faults.inject('wrongRange', { shift: 7 }, { times: 1 });
  expect(head(await call('GET', ARCHIVE, { headers }), 'content-range')).toBe('bytes 107-206/3000000');
});

test('a slow drip takes its time', async () => {
  const { manager, call } = await withSnapshot({ archive: { sizeBytes: 1 } });
  manager.faults.inject('slowDrip', { bytesPerChunk: 100, delayMs: 10 });
  const before = performance.now();
  expect((await call('GET', ARCHIVE, { headers: { Range: 'bytes=0-999' } })).body.length).toBe(1000);
  expect(performance.now() - before).toBeGreaterThan(80);
});

test('health can fail in parts', async () => {
  const { manager, call, json } = await start();
  manager.faults.inject('statusFail', { service: 'Webserver' });
  expect((await json('GET', 'status')).status).toBe('Fail');
  expect((await call('GET', 'ok')).status).toBe(500);
  manager.faults.clear();
  manager.faults.inject('dbFail', {});
  expect((await call('GET', 'ok')).status).toBe(200);
  const cluster = await call('GET', 'cluster-status?summary=true');
  expect([cluster.status, cluster.body.toString()]).toEqual([500, '{"status": "Fail", "services": {}}\n']);
});

test('a snapshot may vanish between two looks, and refuse to be deleted', async () => {
  const { manager, call } = await withSnapshot();
  manager.faults.inject('deleteFails', {}, { times: 1 });
  expect((await call('DELETE', 'snapshots/s1')).status).toBe(500);
  manager.faults.inject('snapshotVanishes', {}, { times: 1 });
  expect((await call('GET', 'snapshots/s1')).status).toBe(404);
  expect([...manager.state.files.keys()]).toEqual([]);
});

test('a client that goes away in the middle of a download does the manager no harm', async () => {
  const { manager, call } = await withSnapshot({ archive: { sizeBytes: 200_000_000 } });
  const cut = new AbortController();
  const headers = { Authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`, Tenant: 'default_tenant' };
  const response = await fetch(`${manager.urls[0]}/api/v3.1/${ARCHIVE}`, { headers, signal: cut.signal });
  await response.body?.getReader().read();
  cut.abort();
  expect((await call('GET', '/api/version')).status).toBe(200);
});

test('the log has every request with its node, path and answer', async () => {
  const { manager, call } = await start({ nodes: 2 });
  await call('GET', 'snapshots?_include=id', { node: 1 });
  expect(manager.requests).toMatchObject([
    { node: 1, method: 'GET', path: '/api/v3.1/snapshots?_include=id', status: 200 },
  ]);
});

test('a seeded snapshot is there with an archive, as old as the test says', async () => {
  const { manager, call, json } = await start();
  manager.seedSnapshot('old', { createdAt: new Date('2026-11-01T00:00:00Z') });
  expect(await json('GET', 'snapshots/old?_include=created_at,status')).toEqual({
    created_at: '2026-11-01T00:00:00.000Z',
    status: 'created',
  });
  expect((await call('HEAD', 'snapshots/old/archive')).status).toBe(200);
});

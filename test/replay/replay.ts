import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { differences, originDifferences } from './compare.ts';
import { applyEvent, applyUnrecorded, type ReplayWorld } from './events.ts';
import { originMeanings, startOrigin } from './origin.ts';
import { Placeholders } from './placeholders.ts';
import { type Entry, type RecordedRequest, type Recording, readRecording } from './recording.ts';
import { send, type WireRequest } from './wire.ts';

export interface ReplayResult {
  /** Numbers of the HTTP exchanges that were sent and compared. */
  readonly compared: readonly number[];
  /** `#n METHOD path: what differs`. */
  readonly mismatches: readonly string[];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Meanings that no answer can teach: who the people are, and tokens that nobody has. */
function givenMeanings(databasePassword: string, brokerPassword: string): Record<string, string> {
  return {
    '<admin>': base64('admin:admin'),
    '<viewer>': base64('viewer:viewer'),
    '<admin:wrong-password>': base64('admin:wrong'),
    '<nobody:secret>': base64('nobody:secret'),
    '<postgres-password>': databasePassword,
    '<rabbitmq-password>': brokerPassword,
    '<file-server-root>': '/opt/manager/resources',
    '<token:1>': `ctok-${'a'.repeat(10)}-${'b'.repeat(40)}`,
  };
}

function bodyBytes({ bodyType, body }: RecordedRequest, names: Placeholders, { fixtures }: Recording): Buffer {
  if (bodyType === 'empty') return Buffer.alloc(0);
  // Of a traceback only the last line was kept.
  const traceback = 'Traceback (most recent call last):\\n$1';
  if (bodyType === 'json')
    return Buffer.from(names.fill(JSON.stringify(body)).replaceAll(/<traceback: ([^"]*)>/g, traceback));
  if (bodyType === 'text') return Buffer.from(names.fill(String(body)));
  const { $binary, $fixture } = body as { $binary: { length: number; first64_hex: string }; $fixture?: string };
  const bytes = $fixture === undefined ? Buffer.from($binary.first64_hex, 'hex') : fixtures.get($fixture);
  if (bytes?.length === $binary.length) return bytes;
  // Only the beginning was kept. The manager looks at no more of it than whether it is text; pad with what is none.
  return Buffer.concat([bytes ?? Buffer.alloc(0), Buffer.alloc($binary.length - (bytes?.length ?? 0), 0xff)]);
}

/** Execution tokens travel in AMQP messages, which are not recorded: the replay takes them from the rows, as they come up. */
class ExecutionTokens {
  readonly #seen = new Map<string, string>();

  observe({ manager }: ReplayWorld): void {
    for (const { id, token } of manager.state.executions) if (token !== null) this.#seen.set(id, token);
  }

  /** Binds the token of a worker's call to the execution that its path is about. */
  bind({ manager }: ReplayWorld, { path, headers }: RecordedRequest, names: Placeholders): void {
    const name = headers['Execution-Token'];
    if (name === undefined || !name.startsWith('<') || names.has(name)) return;
    const [, kind, id = ''] = /\/(executions|snapshots)\/([^/?]+)/.exec(names.fill(path)) ?? [];
    const row = manager.state.executions.find((one) =>
      kind === 'executions' ? one.id === id : one.parameters?.snapshot_id === decodeURIComponent(id),
    );
    names.learn(name, this.#seen.get(row?.id ?? '') ?? 'no-token');
  }
}

/** ETags and dates that only requests mention stand for "another one". */
function bindStrangers({ headers }: RecordedRequest, names: Placeholders): void {
  for (const value of Object.values(headers)) {
    for (const [name] of value.matchAll(/<(etag|http-date):\d+>/g)) {
      if (names.has(name)) continue;
      const isFuture = name === '<http-date:3>';
      names.learn(
        name,
        name.startsWith('<etag') ? '5f000000-ff' : `Thu, 01 Jan ${isFuture ? 2099 : 2015} 00:00:00 GMT`,
      );
    }
  }
}

function toWire(request: RecordedRequest, url: string, names: Placeholders, recording: Recording): WireRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, names.fill(value)]));
  const body = bodyBytes(request, names, recording);
  const isChunked = headers['Transfer-Encoding'] === 'chunked';
  const length =
    isChunked || (body.length === 0 && request.method === 'GET') ? {} : { 'Content-Length': String(body.length) };
  return { url, method: request.method, path: names.fill(request.path), headers: { ...headers, ...length }, body };
}

/** Plays a recording against a fresh simulated manager of the recorded version, leaving out what `isSkipped` names. */
export async function replay(file: string, isSkipped: (n: number) => boolean): Promise<ReplayResult> {
  const recording = readRecording(file);
  const clock = { now: Date.parse('2026-11-22T11:00:00.100Z'), stepMs: file.startsWith('12') ? 1000 : 2 };
  const manager = await startSimulatedManager({
    version: '7.1.0.dev1',
    edition: 'community',
    worker: 'absent',
    holds: 'nothing',
    rateLimit: file.startsWith('12'),
    now: () => new Date(clock.now),
  });
  const origin = await startOrigin(recording.fixtures.get('origin-archive') ?? Buffer.alloc(0));
  const world: ReplayWorld = { manager, origin, recording, clock };
  // Some scenarios use the user without saying how he came to be.
  const isViewerMade = recording.entries.some(({ event }) => event?.startsWith('a user "viewer"'));
  if (!isViewerMade) manager.state.addUser({ name: 'viewer', password: 'viewer', role: 'default' });
  const names = new Placeholders(recording.placeholders, {
    ...givenMeanings(manager.databasePassword, manager.brokerPassword),
    ...originMeanings(origin.url),
  });
  const tokens = new ExecutionTokens();
  const compared: number[] = [];
  const mismatches: string[] = [];
  try {
    for (const entry of recording.entries.filter(({ n }) => !isSkipped(n))) {
      mismatches.push(...(await playOne(entry)));
      tokens.observe(world);
      clock.now += clock.stepMs;
    }
  } finally {
    await manager.close();
    await origin.close();
  }
  return { compared, mismatches };

  async function playOne(entry: Entry): Promise<string[]> {
    const { n, request, response } = entry;
    if (request === undefined || response === undefined) {
      return applyEvent(world, entry).then(
        () => [],
        (error: Error) => [`#${n} ${error.message}`],
      );
    }
    applyUnrecorded(world, n);
    tokens.bind(world, request, names);
    bindStrangers(request, names);
    compared.push(n);
    const actual = await send(toWire(request, manager.urls[0] ?? '', names, recording));
    // Not every upload says what the origin saw; what it saw all the same must not count for a later one.
    const isUpload = /\/snapshots\/[^/]+\/archive\?/.test(request.path);
    const saw = isUpload ? origin.take() : [];
    return [
      ...differences(response, actual, names),
      ...(entry.originSaw === undefined ? [] : originDifferences(entry.originSaw, saw, names)),
    ].map((text) => `#${n} ${request.method} ${request.path.slice(0, 200)}: ${text}`);
  }
}

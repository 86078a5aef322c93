import type { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Exchange } from './exchange.ts';
import type { Reply, StreamedBody } from './reply.ts';

/** nginx compresses JSON from here on, and then no longer says how long it is; a 201 it leaves alone (observed). */
const GZIP_FROM = 1000;
const GZIP_STATUSES: readonly number[] = [200, 403, 404];

/** Sends the answer. A client that goes away is no error of ours. */
export async function deliver(exchange: Exchange, reply: Reply, response: ServerResponse): Promise<void> {
  response.statusCode = reply.status;
  response.setHeader('Server', 'nginx');
  response.setHeader('Date', exchange.state.now().toUTCString());
  if (reply.isFromProxy !== true && reply.hasNoVary !== true) response.setHeader('Vary', 'Cookie');
  const hsts = 'max-age=31536000; includeSubDomains';
  // A 416 passes through two of nginx's header filters and says it twice (observed).
  response.setHeader('Strict-Transport-Security', reply.status === 416 ? [hsts, hsts] : hsts);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  if (reply.stream !== undefined) {
    await sendStream(exchange, reply.stream, response).catch(() => response.destroy());
    return;
  }
  sendWhole(exchange, reply, response);
}

function sendWhole(
  { method, request, settings, strike }: Exchange,
  { status, body, headers }: Reply,
  response: ServerResponse,
): void {
  if (body === undefined || status === 204 || status === 304) {
    response.end();
    return;
  }
  const isJson = headers['Content-Type'] === 'application/json';
  const isGarbage = isJson && settings.faults.take('garbageJson', strike) !== undefined;
  const bytes = isGarbage ? Buffer.from('{"items": [{"id": "sn') : Buffer.from(body);
  const acceptsGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (isJson && acceptsGzip && GZIP_STATUSES.includes(status) && bytes.length >= GZIP_FROM) {
    response.setHeader('Content-Encoding', 'gzip');
    // Written in two steps, so that node sends it chunked.
    response.write(gzipSync(bytes));
    response.end();
    return;
  }
  response.setHeader('Content-Length', bytes.length);
  response.end(method === 'HEAD' ? undefined : bytes);
}

/** Sends bytes of an archive, and breaks off where a fault says so. */
async function sendStream(
  exchange: Exchange,
  { source, start, length }: StreamedBody,
  response: ServerResponse,
): Promise<void> {
  if (exchange.method === 'HEAD') {
    response.end();
    return;
  }
  const { faults } = exchange.settings;
  const { strike } = exchange;
  const cleanly = faults.take('wrongLengthClean', strike)?.missingBytes ?? 0;
  if (cleanly > 0) response.setHeader('Content-Length', length - cleanly);
  const short = faults.take('shortBody', strike)?.missingBytes ?? 0;
  const dropAt = droppedAt(exchange, start, length);
  const sent = Math.max(0, Math.min(length - cleanly - short, dropAt ?? length));
  const drip = faults.take('slowDrip', strike);
  const body = await source.read(start, sent);
  const steps = drip === undefined ? [] : [dripping(drip.bytesPerChunk, drip.delayMs)];
  const isBroken = short > 0 || dropAt !== undefined;
  response.flushHeaders();
  await pipeline([body, ...steps, response], { end: !isBroken });
  if (dropAt !== undefined) response.socket?.resetAndDestroy();
  else if (short > 0) response.socket?.end();
}

function droppedAt({ settings: { faults }, strike }: Exchange, start: number, length: number): number | undefined {
  const planned = faults.peek('dropConnectionAtByte', strike);
  if (planned === undefined) return undefined;
  const at = 'afterBytes' in planned ? planned.afterBytes : planned.archiveByte - start;
  if (at < 0 || at >= length) return undefined;
  return faults.take('dropConnectionAtByte', strike) === undefined ? undefined : at;
}

/** The one place that waits in real time, and only when a test asks for it. */
function dripping(bytesPerChunk: number, delayMs: number): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += bytesPerChunk) {
        await pause(delayMs);
        yield chunk.subarray(at, at + bytesPerChunk);
      }
    }
  });
}

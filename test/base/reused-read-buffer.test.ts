import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as plainServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { expect, test } from 'vitest';
import { connectReusing } from '../../lib/base/reused-read-buffer.ts';
import { makeCertificates } from '../../simulator/manager/certificate.ts';

const MiB = 1024 ** 2;
/** No two pieces of it are alike, so that one that is lost, doubled or written over shows. */
const body = Buffer.from(Uint32Array.from({ length: (8 * MiB) / 4 }, (_, at) => at * 2654435761).buffer);
const { key, cert, caPem } = makeCertificates();

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Reads it with a handler that pauses at every piece, and looks at the piece only when its turn has come. */
async function readWithPauses(origin: string): Promise<Buffer> {
  const agent = new Agent({
    allowH2: false,
    connect: connectReusing({ ca: caPem, allowH2: false }),
    bodyTimeout: 2000,
  });
  const pieces: Buffer[] = [];
  let last = Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => undefined,
    // The rest of what came with the head goes back to the socket.
    onResponseStart(controller) {
      controller.pause();
      turn().then(() => controller.resume(), reject);
    },
    onResponseData(controller, piece) {
      if (piece.length === 0) return;
      controller.pause();
      // Several turns: whatever the connection still has in hand gets the chance to come.
      last = turn()
        .then(() => turn())
        .then(() => {
          pieces.push(Buffer.from(piece));
          controller.resume();
        }, reject);
    },
    // An end does not wait for a paused handler.
    onResponseEnd: () => void last.then(resolve),
    onResponseError: (_, error) => reject(error),
  };
  agent.dispatch({ origin, path: '/', method: 'GET' }, handler);
  await promise.finally(() => agent.destroy());
  return Buffer.concat(pieces);
}

async function arrivesWhole(scheme: string, answer: RequestListener): Promise<void> {
  const server = scheme === 'http' ? plainServer(answer) : createServer({ key, cert }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const read = await readWithPauses(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(read.length).toBe(body.length);
    expect(digest(read)).toBe(digest(body));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each(['http', 'https'])(
  'the last bytes come before the end of a connection that ends the body: %s',
  async (scheme) => {
    const answer = (_: unknown, response: ServerResponse) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { connection: 'close' });
      response.write(body.subarray(0, 100_000));
      setImmediate(() => response.end(body.subarray(100_000)));
    };
    await arrivesWhole(scheme, answer);
  },
);

test.each(['http', 'https'])(
  'a paused body keeps every byte, and pieces stay as they are until it goes on: %s',
  async (scheme) => {
    const answer = (_: unknown, response: { end(bytes: Buffer): void }) => response.end(body);
    await arrivesWhole(scheme, answer);
  },
);

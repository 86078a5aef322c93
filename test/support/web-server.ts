import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A plain web server in the way of a test. */
export interface Web {
  readonly url: string;
  close(): Promise<void>;
}

export interface Hit {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function serve(answer: (hit: Hit, reply: ServerResponse) => unknown): Promise<Web> {
  const server = createServer(async (incoming, reply) => {
    const { method = '', url: path = '', headers } = incoming;
    await answer({ method, path, headers, body: await buffer(incoming) }, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** A file on a web server that knows ranges, as archives are served everywhere but in a bucket. */
export function withRanges(file: () => Buffer): (hit: Hit, reply: ServerResponse) => void {
  return ({ headers }, reply) => {
    const bytes = file();
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    const shown = { 'accept-ranges': 'bytes', etag: `"${bytes.length}"` };
    if (!range) {
      reply.writeHead(200, { ...shown, 'content-length': bytes.length }).end(bytes);
      return;
    }
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    const part = bytes.subarray(start, end + 1);
    const contentRange = `bytes ${start}-${end}/${bytes.length}`;
    reply.writeHead(206, { ...shown, 'content-range': contentRange, 'content-length': part.length }).end(part);
  };
}

/** Stands before a manager and hears what is said to it, to the byte. */
export async function listenIn(upstream: () => string): Promise<Web & { readonly heard: readonly Hit[] }> {
  const heard: Hit[] = [];
  const web = await serve(async (hit, reply) => {
    heard.push(hit);
    const { method, path, headers, body } = hit;
    await new Promise<void>((resolve) => {
      const onward = request(`${upstream()}${path}`, { method, headers }, async (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers).end(await buffer(answer));
        resolve();
      });
      onward.on('error', () => {
        reply.destroy();
        resolve();
      });
      onward.end(body);
    });
  });
  return { ...web, heard };
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OriginRequest } from './recording.ts';

/** The file server from which the manager of recording 07 fetched, with everything that was asked of it. */
export interface Origin {
  readonly url: string;
  /** What arrived since the last time. */
  take(): OriginRequest[];
  close(): Promise<void>;
}

/** 68 bytes, as recorded; what they say was not kept. */
const PAGE = '<!doctype html><html><body><h1>Sign in</h1></body></html>'.padEnd(67).concat('\n');

const SIGNATURE = '&X-Amz-Signature=a%2Fb%2Bc%3D%3D';

const send = (response: ServerResponse, status: number, body: Buffer | string = ''): void => {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
};

function answer(path: string, response: ServerResponse, archive: Buffer): void {
  const [file = '', query = ''] = path.split('?');
  const half = archive.subarray(0, archive.length / 2);
  if (file === '/snap.zip') send(response, 200, archive);
  else if (file === '/bucket/presigned.zip') send(response, query.endsWith(SIGNATURE) ? 200 : 403, archive);
  else if (file === '/html') send(response, 200, PAGE);
  else if (file === '/empty') send(response, 200);
  else if (file === '/redirect' || file === '/loop') {
    response.writeHead(302, { Location: file === '/loop' ? '/loop' : '/snap.zip', 'Content-Length': 0 });
    response.end();
  } else if (file === '/truncated' || file === '/truncated-chunked') {
    if (file === '/truncated') response.setHeader('Content-Length', archive.length);
    response.write(half, () => response.socket?.end());
  } else send(response, /^\/[45]\d\d$/.test(file) ? Number(file.slice(1)) : 404);
}

export async function startOrigin(archive: Buffer): Promise<Origin> {
  const seen: OriginRequest[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { method = '', url: path = '', headers } = request;
    const { 'user-agent': agent = '', 'accept-encoding': encoding = '' } = headers;
    seen.push({ method, path, headers: { 'User-Agent': agent, 'Accept-Encoding': String(encoding) } });
    answer(path, response, archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => seen.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the placeholders of an origin mean, as the recordings spell them. */
export function originMeanings(url: string): Record<string, string> {
  // Nothing ever listens on the first port.
  const refused = '127.0.0.1:1';
  return { ...meaningsOf('origin', url), ...meaningsOf('refused', `http://${refused}`) };
}

function meaningsOf(name: 'origin' | 'refused', url: string): Record<string, string> {
  const { hostname, port, host } = new URL(url);
  const whole = name === 'origin' ? 'origin' : 'refused-origin';
  return {
    [`<${whole}>`]: url,
    [`<${whole}:encoded>`]: encodeURIComponent(url),
    [`<${whole}:encoded-twice>`]: encodeURIComponent(encodeURIComponent(url)),
    [`<${name}-host>`]: hostname,
    [`<${name}-port>`]: port,
    [`<${name}-host>:<${name}-port>`]: host,
    [`<${name}-host>%3A<${name}-port>`]: encodeURIComponent(host),
    [`host='<${name}-host>', port=<${name}-port>`]: `host='${hostname}', port=${port}`,
  };
}

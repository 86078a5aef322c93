import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Answers one request wrongly. `good`: a body that would be a good one, in the format of the server. */
type Answer = (response: ServerResponse, good: string, request: IncomingMessage) => void;

const ok = (response: ServerResponse, headers: Record<string, string>) => response.writeHead(200, headers);

/** What servers, proxies and networks do to a reply. */
export const WRONG_REPLIES: Readonly<Record<string, Answer>> = {
  'a reset before the reply': (response) => response.socket?.resetAndDestroy(),
  'a connection that is closed before the reply': (response) => response.socket?.destroy(),
  'a reset within the head': (response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\ncontent-le');
    response.socket?.resetAndDestroy();
  },
  'a head that is none': (response) => response.socket?.end('nonsense\r\n\r\n'),
  'a body that is cut off': (response, good) => {
    ok(response, { 'content-length': String(good.length + 100) }).write(good.slice(0, good.length / 2));
    setTimeout(() => response.socket?.destroy(), 5);
  },
  'a chunked body that is cut off': (response, good) => {
    ok(response, {}).write(good.slice(0, good.length / 2));
    setTimeout(() => response.socket?.destroy(), 5);
  },
  'a gzip body that is none': (response, good) => ok(response, { 'content-encoding': 'gzip' }).end(good),
  'a gzip body that is cut off': (response, good) => {
    ok(response, { 'content-encoding': 'gzip' }).end(gzipSync(good.repeat(40)).subarray(0, 30));
  },
  'an empty body': (response) => ok(response, { 'content-length': '0' }).end(),
  'two documents in one body': (response, good) => ok(response, {}).end(good + good),
  'garbage behind the document': (response, good) => ok(response, {}).end(`${good}\0garbage <`),
  'half a document': (response, good) => ok(response, {}).end(good.slice(0, good.length / 2)),
  'a page': (response) => ok(response, { 'content-type': 'text/html' }).end('<html><body>Sign in</body></html>'),
  'an error without a body': (response) => response.writeHead(500).end(),
  'an error with a broken gzip body': (response) => response.writeHead(500, { 'content-encoding': 'gzip' }).end('no'),
  '501': (response) => response.writeHead(501).end('<Error><Code>NotImplemented</Code></Error>'),
  '418': (response) => response.writeHead(418, { 'content-type': 'text/plain' }).end('I am a teapot'),
  '304': (response) => response.writeHead(304).end(),
  'a redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
};

/** A server that gives every request the answer of the moment. */
export class WrongServer {
  answer: Answer = () => undefined;
  readonly #server = createServer((request, response) => {
    request.on('error', () => undefined).resume();
    response.on('error', () => undefined);
    request.once('end', () => this.answer(response, this.#good, request));
  });
  readonly #good: string;

  constructor(good: string) {
    this.#good = good;
  }

  async start(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

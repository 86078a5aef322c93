import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

type Put = (request: IncomingMessage, response: ServerResponse, server: UploadServer) => void | Promise<void>;

export const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};
export const page = (response: ServerResponse, status: number, text = 'Bad'): void => {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end(`<html>${text}</html>`);
};
export const errorBody = (code: string, message: string) => ({ error_code: code, message, server_traceback: null });
export const NULLS = { id: null, status: null, created_at: null, error: null, tenant_name: null };

/** As much of a manager as an upload sees: one row, one file, and a PUT that each test answers in its own way. */
export class UploadServer {
  row: { id: string; status: string } | undefined;
  file: Buffer | undefined;
  /** Method, path, headers of every request. */
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  /** Bodies of PUTs that came whole. */
  readonly bodies: Buffer[] = [];
  cut = 0;
  put: Put;
  /** Answers 401 to reads of the row as well. */
  rejects = false;
  readonly #server: Server;

  private constructor(put: Put) {
    this.put = put;
    this.#server = createServer((request, response) => {
      request.on('error', () => undefined);
      void Promise.resolve(this.#answer(request, response)).catch(() => response.destroy());
    });
  }

  static async start(put: Put = stores): Promise<UploadServer> {
    const server = new UploadServer(put);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get puts(): number {
    return this.seen.filter(({ method }) => method === 'PUT').length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Reads the body of a PUT; undefined when it was cut off. */
  async receive(request: IncomingMessage): Promise<Buffer | undefined> {
    try {
      const body = await buffer(request);
      this.bodies.push(body);
      return body;
    } catch {
      this.cut += 1;
      return undefined;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.seen.push({ method, url, headers });
    if (method === 'PUT') return await this.put(request, response, this);
    if (this.rejects) return json(response, 401, errorBody('unauthorized_error', 'User unauthorized'));
    if (url.endsWith('/archive')) return this.#archive(request, response);
    if (!this.row) return json(response, 404, errorBody('not_found_error', 'not found'));
    const row = this.row;
    if (method === 'DELETE') [this.row, this.file] = [undefined, undefined];
    json(response, 200, row);
  }

  #archive(request: IncomingMessage, response: ServerResponse): void {
    if (!this.file) {
      page(response, 404);
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, this.file.length];
    response.writeHead(range ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': end - start,
      etag: '"1-1"',
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${this.file.length}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : this.file.subarray(start, end));
  }
}

/** What a manager does when all is well. */
export const stores: Put = async (request, response, server) => {
  const body = await server.receive(request);
  if (!body) return;
  const id = idOf(request);
  server.row = { id, status: 'uploaded' };
  server.file = body;
  json(response, 201, { ...NULLS, ...server.row });
};

export const idOf = ({ url = '' }: IncomingMessage): string => /\/snapshots\/([^/]+)\/archive/.exec(url)?.[1] ?? '';

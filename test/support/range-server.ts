import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer: which bytes were asked for, and how many of them were handed to the socket. */
export interface Served {
  readonly start: number;
  sent: number;
}

/** Serves one run of bytes as a manager's nginx does, with ranges, and cuts connections where it is told to. */
export class RangeServer {
  readonly served: Served[] = [];
  connections = 0;
  /** Bytes of the archive at which a connection is cut, each once. */
  readonly cutAt = new Set<number>();
  readonly #bytes: Buffer;
  readonly #server: Server;
  readonly #hasRanges: boolean;

  constructor(bytes: Buffer, { ranges = true } = {}) {
    this.#bytes = bytes;
    this.#hasRanges = ranges;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ headers }: IncomingMessage, response: ServerResponse): void {
    const size = this.#bytes.length;
    const [, from = '0', to = String(size - 1)] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    const [start, end] = this.#hasRanges ? [Number(from), Number(to)] : [0, size - 1];
    const cut = [...this.cutAt].find((byte) => byte >= start && byte <= end);
    const body = this.#bytes.subarray(start, cut ?? end + 1);
    this.served.push({ start, sent: body.length });
    response.writeHead(this.#hasRanges ? 206 : 200, {
      etag: '"a-1"',
      'content-length': end - start + 1,
      ...(this.#hasRanges ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    if (cut === undefined) {
      response.end(body);
      return;
    }
    this.cutAt.delete(cut);
    // Half-closed, not reset: what was sent arrives, so that the test can count it.
    response.write(body, () => response.socket?.destroySoon());
  }
}

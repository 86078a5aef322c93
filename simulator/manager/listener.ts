import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly handler: RequestListener;
  /** Called before a new connection is looked at, its TLS handshake included. */
  readonly beforeConnection?: () => void;
}

/** The port of one node. It can really be closed, and opened again at the same place. */
export class Listener {
  readonly #options: ListenerOptions;
  #server: Server | undefined;
  #port: number;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${bracketed(this.#options.host)}:${this.#port}`;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const { tls, handler, host } = this.#options;
    // Request lines over nginx's 8 KiB must get as far as its 414.
    const common = { maxHeaderSize: 65_536 };
    const server =
      tls === undefined
        ? createServer(common, handler)
        : createTlsServer({ ...common, ...tls, minVersion: 'TLSv1.2' }, handler);
    const { beforeConnection } = this.#options;
    if (beforeConnection !== undefined) server.prependListener('connection', beforeConnection);
    // As nginx, which keeps idle connections for longer than node's 5 s: no races with clients that reuse them.
    server.keepAliveTimeout = 65_000;
    // A client that resets its connection during a TLS handshake or between requests is no news.
    server.on('clientError', (_error, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Shows other certificates to new connections (only with TLS). */
  useCertificates(tls: { readonly key: string; readonly cert: string }): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(tls);
  }

  /** Refuses connections from now on and cuts those that are open. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

/** All or none: those that listen already would keep the process alive. */
export async function openAll(listeners: readonly Listener[]): Promise<void> {
  const opened = await Promise.allSettled(listeners.map((listener) => listener.open()));
  const refused = opened.find((one) => one.status === 'rejected');
  if (!refused) return;
  await Promise.all(listeners.map((listener) => listener.close()));
  throw refused.reason;
}

/** As it stands in a URL. */
const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host);

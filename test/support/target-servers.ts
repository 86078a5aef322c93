import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { createServer as createTls } from 'node:tls';
import { SMTPServer } from 'smtp-server';
import type { Target } from '../../lib/config/notifications.ts';
import { type Certificates, makeCertificates } from '../../simulator/manager/certificate.ts';
import type { Hit } from './web-server.ts';

/** What a server does with who tells it something. */
export type Manner = 'ok' | 'drips' | 'silent' | 'error' | 'redirect' | 'huge';

export const secretPath = '/services/T0CANARY1/B0CANARY2/canaryWebhookKeyQ7x9';
export const secretPassword = 'canary-Smtp-Passw0rd';

export interface Mail {
  readonly user: string;
  readonly to: readonly string[];
  readonly raw: string;
}

/** One web server and one mail server, both with TLS, which write down all that they are sent. */
export class TargetServers {
  readonly hits: Hit[] = [];
  readonly mails: Mail[] = [];
  manner: Manner = 'ok';
  readonly certificates: Certificates = makeCertificates();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #web = 0;
  #smtp = 0;

  static async start(): Promise<TargetServers> {
    const servers = new TargetServers();
    servers.#web = await servers.#listen(servers.#webServer());
    servers.#smtp = await servers.#listen(servers.#mailServer());
    return servers;
  }

  get host(): string {
    return `localhost:${this.#web}`;
  }

  url(path = secretPath, host = 'localhost'): string {
    return `https://${host}:${this.#web}${path}`;
  }

  /** One target of each kind, all of them here. */
  targets(more: object = {}): Target[] {
    const { caPem: ca } = this.certificates;
    const every = { on: 'all', ca, allowPrivateAddresses: true, ...more } as const;
    const posted = (['webhook', 'slack', 'teams', 'ping'] as const).map(
      (type) => ({ type, name: `my-${type}`, urlFile: '/a/file', ...every }) as Target,
    );
    const mail = { host: 'localhost', port: this.#smtp, tls: 'starttls', from: 'offsite@example.com' } as const;
    const to = ['ops@example.com', 'night@example.com'];
    return [
      ...posted,
      { type: 'email', name: 'my-email', ...mail, to, user: 'offsite', passwordFile: '/a/file', ...every } as Target,
    ];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    return (server.address() as AddressInfo).port;
  }

  #webServer(): Server {
    const { key, cert } = this.certificates;
    const http = createHttps({ key, cert }, async (incoming, reply) => {
      const { method = '', url: path = '', headers } = incoming;
      this.hits.push({ method, path, headers, body: await buffer(incoming) });
      if (this.manner === 'error') return reply.writeHead(500).end(`no: https://x${path}`);
      if (this.manner === 'redirect') return reply.writeHead(301, { location: this.url('/elsewhere') }).end();
      if (this.manner !== 'huge') return reply.writeHead(200).end('ok');
      reply.writeHead(200);
      reply.on('error', () => {});
      return endless(reply);
    });
    const raw = createTls({ key, cert });
    raw.on('tlsClientError', () => {});
    raw.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      if (this.manner === 'silent') return;
      if (this.manner === 'drips') return drip(socket, 'HTTP/1.1 200 OK\r\nx-slow: ');
      http.emit('secureConnection', socket);
    });
    return raw;
  }

  #mailServer(): Server {
    const { key, cert } = this.certificates;
    const smtp = new SMTPServer({
      key,
      cert,
      authMethods: ['PLAIN', 'LOGIN'],
      onAuth: ({ username = '', password }, _session, done) =>
        password === secretPassword ? done(null, { user: username }) : done(new Error('wrong password')),
      onMailFrom: (_address, _session, done) =>
        done(this.manner === 'error' ? Object.assign(new Error(`no: ${secretPassword}`), { responseCode: 554 }) : null),
      onData: async (stream, session, done) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        this.mails.push({ user: String(session.user), to, raw: await text(stream).catch(() => '') });
        done();
      },
    });
    smtp.on('error', () => {});
    const { server } = smtp;
    const [accept] = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.manner === 'silent') return;
      if (this.manner === 'drips') return drip(socket, '220');
      if (this.manner === 'huge') return endless(socket);
      accept?.call(server, socket);
    });
    return server;
  }
}

/** One byte every 10 ms, and never an end. */
function drip(socket: Socket, beginning: string): void {
  socket.write(beginning);
  const timer = setInterval(() => socket.write('-'), 10);
  socket.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer));
}

interface Sink {
  write(chunk: Buffer): boolean;
  on(event: string, listener: () => void): unknown;
  once(event: string, listener: () => void): unknown;
}

function endless(sink: Sink): void {
  let isOver = false;
  const more = () => {
    while (!isOver && sink.write(Buffer.alloc(64 * 1024, 'x')));
    if (!isOver) sink.once('drain', more);
  };
  sink.on('close', () => {
    isOver = true;
  });
  more();
}

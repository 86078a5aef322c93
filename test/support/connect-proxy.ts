import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy that tunnels (CONNECT) and forwards, asks for a user, and records what passes it. */
export interface ConnectProxy {
  /** With user and password. */
  readonly url: string;
  /** `CONNECT host:port`, or `GET http://…`; refused ones begin with `407 `. */
  readonly requests: string[];
  close(): Promise<void>;
}

export const PROXY_PASSWORD = 'pr0xy s3cret/+';
const LOGIN = `Basic ${Buffer.from(`agent:${PROXY_PASSWORD}`).toString('base64')}`;

/** Names end at this machine, whatever they are. */
const here = (host: string) => (host.endsWith('.test') ? '127.0.0.1' : host);

export async function startConnectProxy(): Promise<ConnectProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const isWelcome = (login: string | undefined, what: string) => {
    requests.push(login === LOGIN ? what : `407 ${what}`);
    return login === LOGIN;
  };
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    if (!isWelcome(headers['proxy-authorization'], `${method} ${url}`)) {
      outgoing.writeHead(407).end();
      return;
    }
    const { hostname, port, pathname, search } = new URL(url);
    const { 'proxy-authorization': _, ...rest } = headers;
    const options = { hostname: here(hostname), port, path: pathname + search, method, headers: rest };
    const asked = request({ ...options, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
  });
  server.on('connect', ({ url = '', headers }, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (!isWelcome(headers['proxy-authorization'], `CONNECT ${url}`)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const far = connect(Number(port || 80), here(hostname.replace(/^\[|\]$/g, '')), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    sockets.add(far);
    far.on('error', () => socket.destroy());
    socket.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://agent:${encodeURIComponent(PROXY_PASSWORD)}@127.0.0.1:${port}`, requests, close };
}

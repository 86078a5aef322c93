import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer } from 'node:tls';

export interface TlsFront {
  readonly url: string;
  readonly port: number;
  /** Connections so far, those that ended with their handshake included. */
  connections(): number;
  close(): Promise<void>;
}

/** TLS in front of a plain server; without `to` what comes is read and not answered. */
export async function tlsFront(tls: { key: string; cert: string }, to?: string): Promise<TlsFront> {
  let count = 0;
  const open = new Set<{ destroy(): unknown }>();
  const server: Server = createServer(tls, (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    if (to === undefined) return void socket.resume();
    const { hostname, port } = new URL(to);
    const far = connect(Number(port), hostname);
    open.add(far);
    far.on('error', () => socket.destroy());
    far.on('close', () => socket.destroy());
    socket.on('close', () => far.destroy());
    far.pipe(socket).pipe(far);
  });
  server.on('connection', (socket) => {
    count += 1;
    open.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const one of open) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `https://localhost:${port}`, port, connections: () => count, close };
}

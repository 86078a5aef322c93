import { connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers';

/** A way to a server on which each reply comes so many ms later, as from a region elsewhere. Gives its address. */
export async function delayed(url: string, ms: number): Promise<string> {
  const { hostname, port } = new URL(url);
  const server = createServer((client) => {
    const there = connect(Number(port), hostname);
    client.pipe(there);
    there.on('data', (bytes) => void setTimeout(() => client.write(bytes), ms));
    there.on('close', () => void setTimeout(() => client.destroy(), ms));
    const end = (one: Socket) => () => one.destroy();
    client.on('error', end(there)).on('close', end(there));
    there.on('error', end(client));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a server and counts: all requests, and how many were under way at once. */
export interface Gauge {
  readonly url: string;
  readonly seen: { total: number; most: number };
  close(): Promise<void>;
}

export async function gauge(upstream: string): Promise<Gauge> {
  const seen = { total: 0, most: 0 };
  let underWay = 0;
  const server = createServer((incoming, reply) => {
    seen.total += 1;
    underWay += 1;
    seen.most = Math.max(seen.most, underWay);
    reply.on('close', () => {
      underWay -= 1;
    });
    const { method, url, headers } = incoming;
    const onward = request(`${upstream}${url}`, { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, seen, close };
}

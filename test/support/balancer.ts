import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** One address for several nodes, asked in turn. A node that refuses connections is passed over, at 502 as well if told. */
export async function startBalancer(nodes: readonly string[], passesOver502: boolean): Promise<Balancer> {
  let turn = 0;
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const ask = (left: number): void => {
      const { hostname, port } = new URL(nodes[turn++ % nodes.length] ?? '');
      const { method, headers, url: path } = incoming;
      const asked = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
        if (answer.statusCode === 502 && passesOver502 && left > 0) {
          answer.resume();
          ask(left - 1);
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      asked.on('error', () => (left > 0 ? ask(left - 1) : outgoing.writeHead(502).end()));
      asked.end(body);
    };
    ask(nodes.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

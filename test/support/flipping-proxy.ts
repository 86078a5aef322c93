import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Which bodies lose a bit on their way through. */
export interface Flip {
  /** Of a request, or of its answer. */
  readonly of: 'request' | 'answer';
  /** `PUT /offsite/archives/…?partNumber=1 whole`; in place of `whole` the range that is asked for. */
  readonly when: RegExp;
  /** At which part of the body, from 0 to 1. */
  readonly part: number;
  readonly times: number;
}

/** A network that changes what passes through it, and nothing else: lengths and headers stay as they are. */
export interface FlippingProxy {
  readonly url: string;
  /** How many bodies were changed. */
  flipped(): number;
  /** From now on nothing is changed. */
  mend(): void;
  close(): Promise<void>;
}

export async function startFlippingProxy(upstream: string, flip: Flip): Promise<FlippingProxy> {
  let flipped = 0;
  let isMended = false;
  const change = (what: Flip['of'], asked: string, body: Buffer): Buffer => {
    if (isMended || what !== flip.of || flipped >= flip.times || body.length === 0 || !flip.when.test(asked))
      return body;
    flipped += 1;
    const at = Math.min(body.length - 1, Math.floor(body.length * flip.part));
    body.writeUInt8(body.readUInt8(at) ^ 0x10, at);
    return body;
  };
  const server = createServer(async (incoming, reply) => {
    const { method = '', url: path = '', headers } = incoming;
    const asked = `${method} ${path} ${headers.range ?? 'whole'}`;
    const body = change('request', asked, await buffer(incoming));
    const onward = request(`${upstream}${path}`, { method, headers, agent: false }, async (answer) => {
      const bytes = await buffer(answer).catch(() => undefined);
      if (bytes === undefined) return void reply.destroy();
      reply.writeHead(answer.statusCode ?? 502, answer.headers).end(change('answer', asked, bytes));
    });
    onward.on('error', () => reply.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const mend = () => {
    isMended = true;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, flipped: () => flipped, mend, close };
}

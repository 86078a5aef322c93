import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bracketedHost } from '../../../base/bracketed-host.ts';
import { seconds } from '../../../base/durations.ts';
import { listenOn } from '../../../base/listening.ts';
import type { Address } from '../../options/values.ts';
import { CONTENT_TYPE } from '../../text/openmetrics.ts';
import { EXIT, type Terminal } from '../../usage.ts';

interface Served {
  readonly address: Address;
  readonly maxAgeSeconds: number;
  readonly token: string | undefined;
  /** Reads the numbers anew. */
  readonly collect: () => Promise<string>;
}

/** Serves GET /metrics until it is interrupted. */
export async function serve({ address, token, ...source }: Served, terminal: Terminal): Promise<number> {
  const read = cached(source, terminal);
  const server = createServer({ headersTimeout: seconds(10), requestTimeout: seconds(10) }, (request, reply) => {
    const refused = refusalOf(request, token);
    if (refused) return end(reply, refused, 'text/plain', `${refused}\n`);
    read().then(
      (text) => end(reply, 200, CONTENT_TYPE, request.method === 'HEAD' ? '' : text),
      (error: Error) => {
        // The reason is for whoever runs this, and not for the network.
        terminal.err.write(`offsite: ${error.name}: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
        end(reply, 503, 'text/plain', 'the state could not be read\n');
      },
    );
  });
  server.maxConnections = 50;
  const { port } = await listenOn(server, { ...address, what: 'The metrics server', flags: '--listen' });
  terminal.out.write(
    `Metrics at http://${bracketedHost(address.host)}:${port}/metrics, read anew after ${source.maxAgeSeconds} s. Ctrl-C ends it.\n`,
  );
  if (!terminal.interrupt.aborted) await once(terminal.interrupt, 'abort');
  server.close();
  server.closeAllConnections();
  return EXIT.ok;
}

/** One reading at a time, however many ask; its text is good for a while. A failure is not kept. */
function cached({ collect, maxAgeSeconds }: Pick<Served, 'collect' | 'maxAgeSeconds'>, { clock }: Terminal) {
  let current: { readonly at: number; readonly text: Promise<string> } | undefined;
  return async (): Promise<string> => {
    const now = clock.now().getTime();
    if (current && now - current.at < maxAgeSeconds * seconds(1)) return await current.text;
    const reading = { at: now, text: collect() };
    current = reading;
    reading.text.catch(() => {
      if (current === reading) current = undefined;
    });
    return await reading.text;
  };
}

function refusalOf({ method, url = '', headers }: IncomingMessage, token: string | undefined): number | undefined {
  if (token !== undefined && !isSame(headers.authorization ?? '', `Bearer ${token}`)) return 401;
  if (url.split('?')[0] !== '/metrics') return 404;
  return method === 'GET' || method === 'HEAD' ? undefined : 405;
}

/** Takes the same time whatever is different. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

function end(reply: ServerResponse, status: number, type: string, text: string): void {
  const asks = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  reply
    .writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...asks,
    })
    .end(text);
}

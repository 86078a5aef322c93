import { Agent, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';

export interface WireRequest {
  readonly url: string;
  readonly method: string;
  /** As it is to stand on the request line: nothing is normalised. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The CA to trust, for https. */
  readonly ca?: string;
}

export interface WireResponse {
  readonly status: number;
  /** All values of each header, by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** One request over real HTTP. `fetch` would tidy up the dots in paths that some of the recordings are about. */
export function send({ url, method, path, headers, body, ca = '' }: WireRequest): Promise<WireResponse> {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const place = { hostname, port, method, path, headers };
    const receive = (incoming: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const all = new Map<string, string[]>();
        for (let n = 0; n < incoming.rawHeaders.length; n += 2) {
          const name = incoming.rawHeaders[n]?.toLowerCase() ?? '';
          all.set(name, [...(all.get(name) ?? []), incoming.rawHeaders[n + 1] ?? '']);
        }
        const bytes = Buffer.concat(chunks);
        const isZipped = all.get('content-encoding')?.[0] === 'gzip';
        resolve({ status: incoming.statusCode ?? 0, headers: all, body: isZipped ? gunzipSync(bytes) : bytes });
      });
    };
    const outgoing =
      protocol === 'https:' ? secureRequest({ ...place, ca }, receive) : request({ ...place, agent }, receive);
    outgoing.on('error', reject);
    if (body.length > 0) outgoing.write(body);
    outgoing.end();
  });
}

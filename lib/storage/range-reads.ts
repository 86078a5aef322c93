import type { S3Client } from '@aws-sdk/client-s3';
import { Agent, type Dispatcher } from 'undici';
import { defined } from '../base/defined.ts';
import { minutes, seconds } from '../base/durations.ts';
import { connectReusing } from '../base/reused-read-buffer.ts';
import { proxied } from '../network/dispatcher.ts';
import type { Network } from '../network/network.ts';
import { PulledBody } from './pulled-body.ts';

type Handler = S3Client['config']['requestHandler'];
type Answer = Awaited<ReturnType<Handler['handle']>>;

/** What the SDK hands to a handler, as far as it is used here. */
interface Request {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Record<string, string>;
}

/** Every request ends: 10 s to connect, 60 s of silence either way, and 5 min from its first byte to the answer's head. */
export const limits = { connectionTimeout: seconds(10), socketTimeout: minutes(1), requestTimeout: minutes(5) };

/**
 * How a client of the SDK sends its requests: as ever, but for ranges of objects, which are gigabytes and are read into
 * buffers that are used again. Signing, retries, redirects and the names of errors stay the SDK's.
 */
export function withRangeReads(plain: Handler, network: Network): Handler {
  const agents = new Map<string, Dispatcher>();
  const read = async (request: Request, signal: AbortSignal | undefined): Promise<Answer> => {
    const origin = originOf(request);
    const agent = agents.get(origin) ?? agentTo(origin, network);
    agents.set(origin, agent);
    const body = new PulledBody();
    // A stream that nobody reads any more may still fail.
    body.on('error', () => undefined);
    const abort = () => body.destroy(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    signal?.addEventListener('abort', abort, { once: true });
    body.once('close', () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
    const { headers } = request;
    agent.dispatch({ origin, path: pathOf(request), method: 'GET', headers }, body);
    const head = await body.head.catch((error: unknown) => {
      body.destroy();
      throw passing(error);
    });
    return { response: { ...head, headers: withoutSums(head.headers), body } } as unknown as Answer;
  };
  return Object.assign(Object.create(plain) as Handler, {
    handle: async (request: unknown, options: { abortSignal?: unknown } = {}) =>
      isRangeRead(request as Request)
        ? await read(request as Request, options.abortSignal as AbortSignal | undefined)
        : await plain.handle(request as never, options as never),
    destroy: () => {
      plain.destroy?.();
      for (const agent of agents.values()) agent.destroy().catch(() => undefined);
    },
  });
}

/** Whose bodies are read into buffers that are used again. */
export function agentTo(origin: string, network: Network): Dispatcher {
  const { connectionTimeout: timeout, socketTimeout, requestTimeout } = limits;
  const tls = { timeout, allowH2: false, ...defined({ ca: network.storeCa }) };
  const timeouts = { headersTimeout: requestTimeout, bodyTimeout: socketTimeout };
  const direct = () => new Agent({ allowH2: false, connect: connectReusing(tls), ...timeouts });
  return proxied(origin, tls, network, timeouts) ?? direct();
}

const isRangeRead = ({ method, headers }: Request) => method === 'GET' && headers['range'] !== undefined;

/** Archives are compared with what the manager wrote: the SDK's own sum, made in JavaScript, would be a second hash. */
function withoutSums(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));
}

function originOf({ protocol, hostname, port }: Request): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
}

function pathOf({ path, query = {} }: Request): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one ?? '']));
  const text = pairs.map((pair) => pair.map((word) => escaped(word ?? '')).join('=')).join('&');
  return text === '' ? path : `${path}?${text}`;
}

/** As a signature has it (RFC 3986), which is stricter than `encodeURIComponent`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The SDK tries again what it knows by name; undici's own codes it does not. */
function passing(error: unknown): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  return String(code).startsWith('UND_ERR_') ? Object.assign(error as Error, { name: 'TimeoutError' }) : error;
}

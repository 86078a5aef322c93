import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { UploadedFile } from './upload-space.ts';

/** A URL with its path and query to the letter: a signature counts every character, and `URL` tidies some up. */
export interface HttpTarget {
  readonly url: string;
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly credentials: string;
}

/** What went wrong with a source. How it is told depends on the library of the version line. */
export type SourceProblem =
  | { readonly kind: 'noHost'; readonly url: string }
  | { readonly kind: 'noAdapter'; readonly url: string }
  | { readonly kind: 'unreachable'; readonly target: HttpTarget; readonly error: NodeJS.ErrnoException }
  | { readonly kind: 'redirects'; readonly limit: number }
  | { readonly kind: 'status'; readonly status: number; readonly phrase: string; readonly url: string }
  /** The body ended too soon; `missing` is not known of a chunked one. */
  | { readonly kind: 'short'; readonly read: number; readonly missing: number | undefined }
  | { readonly kind: 'reset' }
  | { readonly kind: 'encoding'; readonly encoding: string };

export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly problem: SourceProblem;

  constructor(problem: SourceProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** What the library of the manager sends and how far it goes. */
export interface FetchClient {
  readonly headers: Readonly<Record<string, string>>;
  readonly maxRedirects: number;
  /** CAs to trust in place of the public ones. */
  readonly caPem: string | undefined;
  readonly closing: AbortSignal;
}

export interface OpenSource {
  readonly target: HttpTarget;
  readonly response: IncomingMessage;
  /** Whether the connection broke, rather than being closed. */
  readonly isReset: () => boolean;
}

/** Seconds to connect; there is no limit on reading (contract §6.3). */
const CONNECT_SECONDS = 5;

const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

function httpTarget(url: string): HttpTarget {
  if (!/^https?:/i.test(url)) throw new SourceError({ kind: 'noAdapter', url });
  const [, scheme = '', authority = '', rest = ''] = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [];
  const isSecure = scheme.toLowerCase() === 'https';
  const place = `${isSecure ? 'https' : 'http'}://${authority}`;
  if (authority === '' || !URL.canParse(place)) throw new SourceError({ kind: 'noHost', url });
  const { hostname, port, username, password } = new URL(place);
  const path = rest.replaceAll(/[^!#$%&'()*+,/:;=?@[\]~\w.-]+/g, encodeURIComponent);
  return {
    url,
    isSecure,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path: path.startsWith('/') ? path : `/${path}`,
    credentials: username === '' ? '' : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
  };
}

/** The head of the source's last answer, redirects followed; 4xx and 5xx are errors. */
export async function openSource(url: string, client: FetchClient): Promise<OpenSource> {
  let target = httpTarget(url);
  for (let hop = 0; ; hop++) {
    const source = await send(target, client);
    const { statusCode: status = 0, statusMessage: phrase = '', headers } = source.response;
    const { location } = headers;
    if (location === undefined || !REDIRECTS.includes(status)) {
      if (status < 400) return source;
      source.response.destroy();
      throw new SourceError({ kind: 'status', status, phrase, url: target.url });
    }
    source.response.destroy();
    if (hop === client.maxRedirects) throw new SourceError({ kind: 'redirects', limit: client.maxRedirects });
    target = httpTarget(redirected(location, target));
  }
}

/** A whole URL stays as the source wrote it. */
function redirected(location: string, { url }: HttpTarget): string {
  if (/^[a-z]+:/i.test(location) || !URL.canParse(location, url)) return location;
  return new URL(location, url).href;
}

function send(target: HttpTarget, { headers, caPem, closing }: FetchClient): Promise<OpenSource> {
  const { host, port, path, isSecure, credentials } = target;
  if (host.endsWith('.invalid')) {
    // By RFC 6761 no such name exists, so no name server is asked.
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
    return Promise.reject(new SourceError({ kind: 'unreachable', target, error }));
  }
  const basic = credentials === '' ? {} : { auth: credentials };
  const common = { host, port, path, headers, signal: closing, agent: false as const, ...basic };
  const trusted = caPem === undefined ? {} : { ca: caPem };
  return new Promise((resolve, reject) => {
    const outgoing = isSecure ? secureRequest({ ...common, ...trusted }) : request(common);
    let isReset = false;
    outgoing.on('response', (response) => resolve({ target, response, isReset: () => isReset }));
    outgoing.on('error', (error) => {
      // After the head only a broken connection comes here; one that is closed too soon does not.
      isReset = true;
      reject(new SourceError({ kind: 'unreachable', target, error }));
    });
    outgoing.once('socket', (socket) => {
      socket.setTimeout(CONNECT_SECONDS * 1000, () =>
        outgoing.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
      );
      socket.once('connect', () => socket.setTimeout(0));
    });
    outgoing.end();
  });
}

/** Everything that arrives goes into the file, also of a body that ends too soon. */
export function readSource(
  { response, isReset }: OpenSource,
  file: UploadedFile,
): Promise<'whole' | 'short' | 'reset'> {
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      try {
        file.write(chunk);
      } catch (error) {
        response.destroy();
        reject(error);
      }
    });
    // Told apart once it is closed.
    response.on('error', () => undefined);
    response.once('close', () => resolve(isReset() ? 'reset' : response.complete ? 'whole' : 'short'));
  });
}

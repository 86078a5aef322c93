import { Readable } from 'node:stream';
import type { Agent, Dispatcher } from 'undici';
import {
  ArchiveEmpty,
  ArchiveNotFound,
  ArchiveUnsupported,
  CertificateUntrusted,
  Interrupted,
  OffsiteError,
  SourceChanged,
  StorageUnavailable,
} from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import { newAgent } from '../../manager/agent.ts';
import { codeOf, isCertificateCode } from '../../manager/connection-errors.ts';
import { exactly } from '../../storage/exact-length.ts';
import type { ByteSource } from '../../zip/byte-source.ts';
import { registerSecrets, shownUrl } from './presigned-urls.ts';

type UrlArchiveDeps = Pick<Deps, 'redactor' | 'signal' | 'settings'>;

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What a server says about the archive: what every later answer must agree with. */
interface Pin {
  readonly size: number;
  readonly etag: string | undefined;
  readonly modified: string | undefined;
}

/** An archive elsewhere. */
export interface ForeignSource extends ByteSource {
  /** What its server calls this very file, as far as it does: its ETag, or when it was changed. */
  readonly tag: string | null;
}

/** A longer ETag is kept nowhere. */
const MAX_TAG = 200;

/** One for all: idle connections keep no process alive. */
let shared: Agent | undefined;

/**
 * An archive at a URL, read by ranges. Follows up to 5 redirects, anew for each read: what they lead to is often signed,
 * and good for minutes. Error texts name scheme, host and path, never the query, which is registered as a secret.
 *
 * Throws `ArchiveUnsupported` (no ranges), `ArchiveNotFound` (4xx), `ArchiveEmpty`, `CertificateUntrusted`,
 * `StorageUnavailable`, `Interrupted`; reads throw `SourceChanged` as well.
 */
export async function openForeign(url: string, use: UrlArchiveDeps): Promise<ForeignSource> {
  registerSecrets(url, use.redactor);
  const { response, at } = await get(url, { range: 'bytes=0-0' }, use);
  response.body.on('error', () => {}).destroy();
  const { statusCode: status, headers } = response;
  const range = headerOf(headers, 'content-range');
  if (status === 416 && range === 'bytes */0') throw new ArchiveEmpty(`${at} has no bytes at all.`);
  refuse(status, at);
  const size = Number(/^bytes 0-0\/(\d+)$/.exec(range ?? '')?.[1]);
  if (status !== 206 || !(size > 0)) throw withoutRanges(status, at);
  const etag = headerOf(headers, 'etag');
  // A weak one may stay while bytes change.
  const pin = { size, etag: etag?.startsWith('"') ? etag : undefined, modified: headerOf(headers, 'last-modified') };
  const tag = [pin.etag, pin.modified].find((one) => one !== undefined && one.length <= MAX_TAG) ?? null;
  return { size, tag, read: async (start, length) => await readRange(url, { start, length, pin }, use) };
}

interface Range {
  readonly start: number;
  readonly length: number;
  readonly pin: Pin;
}

async function readRange(url: string, { start, length, pin }: Range, use: UrlArchiveDeps): Promise<Readable> {
  if (length === 0) return Readable.from([]);
  const range = `bytes=${start}-${start + length - 1}`;
  const { response, at } = await get(url, { range, ...(pin.etag ? { 'if-range': pin.etag } : {}) }, use);
  try {
    checkAnswer(response, { start, length, pin }, at);
  } catch (error) {
    response.body.on('error', () => {}).destroy();
    throw error;
  }
  const checked = exactly(response.body, length, {
    broken: (error) => failure(error, at, use.signal),
    short: (missing) => new StorageUnavailable(`${at} ended ${missing} bytes early.`),
  });
  return Readable.from(checked, { objectMode: false, highWaterMark: 1024 * 1024 });
}

function checkAnswer({ statusCode, headers }: Dispatcher.ResponseData, { start, length, pin }: Range, at: string) {
  refuse(statusCode, at);
  const got = headerOf(headers, 'content-range');
  const isSame =
    (pin.etag === undefined || pin.etag === headerOf(headers, 'etag')) &&
    pin.modified === headerOf(headers, 'last-modified');
  // 200: the If-Range did not match, or the server has another mind about ranges than before.
  if (statusCode !== 206 || !isSame || got?.split('/')[1] !== String(pin.size)) {
    throw new SourceChanged(
      `${at} is not what it was a moment ago (HTTP ${statusCode}). Run again when it is at rest.`,
    );
  }
  if (got !== `bytes ${start}-${start + length - 1}/${pin.size}`) {
    throw new StorageUnavailable(`${at} sent "${got}" where ${length} bytes from ${start} were asked for.`);
  }
  const encoding = headerOf(headers, 'content-encoding');
  if (encoding && encoding !== 'identity') throw new ArchiveUnsupported(`${at} is sent in the encoding ${encoding}.`);
}

/** The answer at the end of the redirects; `at` is where it came from. The caller reads or destroys its body. */
async function get(url: string, headers: Record<string, string>, use: UrlArchiveDeps) {
  shared ??= newAgent(undefined);
  let target = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(shared, target, headers, use);
    const at = `The archive at ${shownUrl(target)}`;
    const location = REDIRECTS.has(response.statusCode) ? headerOf(response.headers, 'location') : undefined;
    if (location === undefined) return { response, at };
    response.body.on('error', () => {}).destroy();
    const next = URL.parse(location, target);
    if (!next || !/^https?:$/.test(next.protocol)) {
      throw new ArchiveUnsupported(`${at} is redirected to something that is no http:// or https:// address.`);
    }
    target = next.href;
    registerSecrets(target, use.redactor);
  }
  throw new ArchiveUnsupported(`The archive at ${shownUrl(url)} is redirected more than ${MAX_REDIRECTS} times.`);
}

async function request(agent: Agent, url: string, headers: Record<string, string>, use: UrlArchiveDeps) {
  const { origin, pathname, search } = new URL(url);
  const { managerTimeoutMs: headersTimeout, managerIdleMs: bodyTimeout } = use.settings;
  try {
    return await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: 'GET',
      headers: { ...headers, 'accept-encoding': 'identity' },
      headersTimeout,
      bodyTimeout,
      signal: use.signal,
    });
  } catch (error) {
    throw failure(error, `The archive at ${shownUrl(url)}`, use.signal);
  }
}

function refuse(status: number, at: string): void {
  if (status === 408 || status === 429 || status >= 500) {
    throw new StorageUnavailable(`${at} cannot be had just now: its server answers HTTP ${status}.`);
  }
  if (status >= 400) {
    throw new ArchiveNotFound(
      `${at} cannot be had: its server answers HTTP ${status}. Check the address, and whether a signed one has expired.`,
    );
  }
}

function withoutRanges(status: number, at: string): ArchiveUnsupported {
  return new ArchiveUnsupported(
    `${at} is on a server that gives no ranges (HTTP ${status} to a request for one byte), so it cannot be looked into. Put it into a bucket or on another web server.`,
  );
}

/** Whatever a socket threw, in our words: undici's own may hold the whole address. */
function failure(error: unknown, at: string, signal: AbortSignal): OffsiteError {
  if (error instanceof OffsiteError) return error;
  if (signal.aborted) return new Interrupted('Stopped while reading the archive.');
  const code = codeOf(error);
  if (isCertificateCode(code)) {
    return new CertificateUntrusted(
      `${at} is on a server whose certificate is not trusted (${code}). Put it where a public CA vouches for the server.`,
    );
  }
  return new StorageUnavailable(`${at} cannot be read: the connection failed (${code || 'no reason given'}).`);
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
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
import { PUBLIC_HOSTS } from '../../config/restore-authority.ts';
import type { Deps } from '../../deps.ts';
import { codeOf } from '../../manager/connection-errors.ts';
import { isCertificateCode } from '../../network/certificate-fault.ts';
import { direct } from '../../network/network.ts';
import { exactly } from '../../storage/exact-length.ts';
import type { ByteSource } from '../../zip/byte-source.ts';
import { agentFor, isRefusedCode, refusedHost } from './allowed-hosts.ts';
import { registerSecrets, shownUrl } from './presigned-urls.ts';

type UrlArchiveDeps = Pick<Deps, 'redactor' | 'signal' | 'settings' | 'rulesOf'> & Partial<Pick<Deps, 'network'>>;

/** Where an archive is said to be, and the manager that it is for. */
export interface ArchiveAddress {
  readonly url: string;
  readonly manager: string;
}

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

/**
 * An archive at a URL, read by ranges, from hosts that the configuration allows (lib/restore/choose/allowed-hosts.ts). Follows up to 5 redirects, anew for each read: what they lead to is often signed,
 * and good for minutes. Error texts name scheme, host and path of the URL that was
 * given, never its query, which is registered as a secret, and quote nothing of an answer.
 *
 * Throws `InvalidInput` (a host that is not allowed), `ArchiveUnsupported` (no ranges), `ArchiveNotFound` (4xx), `ArchiveEmpty`, `CertificateUntrusted`,
 * `StorageUnavailable`, `Interrupted`; reads throw `SourceChanged` as well.
 */
export async function openForeign(address: ArchiveAddress, use: UrlArchiveDeps): Promise<ForeignSource> {
  registerSecrets(address.url, use.redactor);
  const { response, at } = await get(address, { range: 'bytes=0-0' }, use);
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
  const read = async (start: number, length: number) => await readRange(address, { start, length, pin }, use);
  return { size, tag, isConfidential: true, read };
}

interface Range {
  readonly start: number;
  readonly length: number;
  readonly pin: Pin;
}

async function readRange(
  address: ArchiveAddress,
  { start, length, pin }: Range,
  use: UrlArchiveDeps,
): Promise<Readable> {
  if (length === 0) return Readable.from([]);
  const range = `bytes=${start}-${start + length - 1}`;
  const { response, at } = await get(address, { range, ...(pin.etag ? { 'if-range': pin.etag } : {}) }, use);
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
    throw new StorageUnavailable(`${at} sent another range where ${length} bytes from ${start} were asked for.`);
  }
  const encoding = headerOf(headers, 'content-encoding');
  if (encoding && encoding !== 'identity') throw new ArchiveUnsupported(`${at} is sent in an encoding.`);
}

/** The answer at the end of the redirects; `at` is where it came from. The caller reads or destroys its body. */
async function get(address: ArchiveAddress, headers: Record<string, string>, use: UrlArchiveDeps) {
  const at = `The archive at ${shownUrl(address.url)}`;
  let target = new URL(address.url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request({ target, at, manager: address.manager }, headers, use);
    const location = REDIRECTS.has(response.statusCode) ? headerOf(response.headers, 'location') : undefined;
    if (location === undefined) return { response, at };
    response.body.on('error', () => {}).destroy();
    const next = URL.parse(location, target.href);
    if (!next || !/^https?:$/.test(next.protocol)) {
      throw new ArchiveUnsupported(`${at} is redirected to something that is no http:// or https:// address.`);
    }
    if (target.protocol === 'https:' && next.protocol === 'http:') throw refusedHost(address.manager);
    target = next;
    registerSecrets(target.href, use.redactor);
  }
  throw new ArchiveUnsupported(`${at} is redirected more than ${MAX_REDIRECTS} times.`);
}

interface Hop {
  readonly target: URL;
  readonly at: string;
  readonly manager: string;
}

async function request({ target, at, manager }: Hop, headers: Record<string, string>, use: UrlArchiveDeps) {
  const authority = use.rulesOf(manager).archiveUrls ?? PUBLIC_HOSTS;
  const agent = agentFor(target, manager, authority, use.network ?? direct);
  const { origin, pathname, search } = target;
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
    if (!authority.hosts.includes(target.host) && isRefusedCode(codeOf(error))) throw refusedHost(manager);
    throw failure(error, at, use.signal);
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
      `${at} is on a server whose certificate is not trusted (${code}). Put it on a server with a certificate of a public CA.`,
    );
  }
  return new StorageUnavailable(`${at} cannot be read: the connection failed (${code || 'no reason given'}).`);
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

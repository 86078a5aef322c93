import { pipeline } from 'node:stream/promises';
import { constants, createUnzip } from 'node:zlib';
import type { ByteSource } from '../archive/byte-source.ts';
import { type Exchange, header } from './exchange.ts';
import { type FetchClient, type OpenSource, openSource, readSource, SourceError } from './fetch-archive.ts';
import { fetchReason, incompleteRead } from './fetch-reasons.ts';
import { badParameter, crash, failure, nginxPage, Refusal } from './reply.ts';
import { keep } from './upload-space.ts';

/** Then gunicorn kills its worker in the middle of the request (contract §1.7). */
const LONGEST_REQUEST_SECONDS = 300;

/** What 7.0.4 and later want of a URL. Case counts, and so does every blank (recording 07 #39-53). */
const URL_PATTERN = /^(https?|ftp):\/\/[^\s/$.?#].[^\s]*$/;

/** What this client could be taken for: the recordings have these headers, and 5.0.5 had Python 2. */
const REQUESTS = { 'User-Agent': 'python-requests/2.31.0', 'Accept-Encoding': 'gzip, deflate', Accept: '*/*' };
const URLLIB2 = { 'User-Agent': 'Python-urllib/2.7', 'Accept-Encoding': 'identity' };

/** The bytes that stand at the URL now, whatever they are. Everything else is thrown as the answer. */
export async function fetchArchive(exchange: Exchange, id: string, url: string): Promise<ByteSource> {
  const { line, faults, uploadSpace, requestsCaBundle } = exchange.settings;
  await refuseBody(exchange);
  if (line.checksUrl && !URL_PATTERN.test(url)) throw badParameter(`Invalid URL ${url}`);
  const failing = faults.take('uploadFetchFails', exchange.strike);
  if (failing !== undefined) throw line.fetchesWithUrllib2 ? notFoundAt(url) : cannotFetch(url, failing.reason);
  const client: FetchClient = {
    headers: line.fetchesWithUrllib2 ? URLLIB2 : REQUESTS,
    maxRedirects: line.fetchesWithUrllib2 ? 10 : 30,
    caPem: requestsCaBundle,
    closing: uploadSpace.closing,
  };
  try {
    return await download(exchange, id, await openSource(url, client));
  } catch (error) {
    if (error instanceof SourceError) throw line.fetchesWithUrllib2 ? urllib2Refusal(url, error) : refusal(error);
    throw error;
  }

  function refusal({ problem }: SourceError): Refusal {
    return cannotFetch(url, fetchReason(problem, line));
  }
}

/** A form is not seen as a body, also here (contract §6.1). */
async function refuseBody(exchange: Exchange): Promise<void> {
  let size = 0;
  for await (const chunk of exchange.request as AsyncIterable<Buffer>) size += chunk.length;
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/)/.test(header(exchange, 'content-type') ?? '');
  if (size === 0 || isForm) return;
  throw badParameter(
    exchange.settings.line.fetchesWithUrllib2
      ? "Can't pass both a snapshot URL via query parameters, request body, multi-form and chunked."
      : 'Can pass snapshot as only one of: URL via query parameters, request body, multi-form or chunked.',
  );
}

async function download(exchange: Exchange, id: string, source: OpenSource): Promise<ByteSource> {
  const { line, uploadSpace } = exchange.settings;
  const { headers } = source.response;
  const announced = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (isTooSlow(exchange, announced ?? 0)) {
    source.response.destroy();
    throw killed(exchange, id);
  }
  const file = uploadSpace.newFile();
  const end = await readSource(source, file);
  const missing = announced === undefined ? undefined : announced - file.size;
  // urllib3 1.x takes the end of the connection for the end of the body (contract §6.2); chunks it does count.
  const isAccepted = end === 'whole' || (end === 'short' && missing !== undefined && line.acceptsShortSource);
  if (!isAccepted) {
    file.discard();
    leavePartial(exchange, id);
    throw new SourceError(end === 'reset' ? { kind: 'reset' } : { kind: 'short', read: file.size, missing });
  }
  const raw = await file.finish();
  if (isTooSlow(exchange, raw.size)) throw killed(exchange, id);
  const encoding = headers['content-encoding'] ?? '';
  const isDecoded = !line.fetchesWithUrllib2 && /^(x-)?gzip$|^deflate$/i.test(encoding);
  return isDecoded ? decode(exchange, id, raw, encoding) : raw;
}

/** `requests` undoes what the source packed on the way, and half a stream gives half a file. */
async function decode(exchange: Exchange, id: string, raw: ByteSource, encoding: string): Promise<ByteSource> {
  const unzip = createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
  try {
    return await pipeline(await raw.read(0, raw.size), unzip, (chunks: AsyncIterable<Buffer>) =>
      keep(chunks, exchange.settings.uploadSpace),
    );
  } catch {
    leavePartial(exchange, id);
    throw new SourceError({ kind: 'encoding', encoding });
  }
}

function isTooSlow({ settings }: Exchange, bytes: number): boolean {
  return bytes / (settings.fetchBytesPerSecond ?? Number.POSITIVE_INFINITY) > LONGEST_REQUEST_SECONDS;
}

/** nginx says so when gunicorn has killed its worker; nobody tidies up. */
export function killed(exchange: Exchange, id: string): Refusal {
  leavePartial(exchange, id);
  return new Refusal(nginxPage(502));
}

/** 7.x means to clean up, with a function that removes folders only: the partial file stays (recording 07 #28). */
export function leavePartial({ settings, state }: Exchange, id: string): void {
  if (settings.line.isSeven) state.uploading.add(id);
}

/** The full URL is in the answer, signature and all (hazard K6). */
const cannotFetch = (url: string, reason: string): Refusal => badParameter(`Cannot fetch ${url}: ${reason}`);

const notFoundAt = (url: string): Refusal =>
  failure(400, 'param_url_not_found_error', `URL ${url} not found - can't download snapshot archive`);

/** 5.0.5: only what happens before the body is an answer; the rest nobody catches (contract §6.3). */
function urllib2Refusal(url: string, { problem }: SourceError): Refusal {
  if (problem.kind === 'short') {
    return crash(`IncompleteRead: ${incompleteRead(problem.read, problem.missing ?? 0)}`);
  }
  if (problem.kind === 'reset') return crash('error: [Errno 104] Connection reset by peer');
  const isMalformed = problem.kind === 'noAdapter' && !/^[^/?#]*:/.test(url);
  if (isMalformed) return badParameter(`URL ${url} is malformed - can't download snapshot archive`);
  return notFoundAt(url);
}

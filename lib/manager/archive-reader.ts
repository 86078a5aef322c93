import type { Dispatcher } from 'undici';
import type { Transfer } from '../contracts.ts';
import {
  ArchiveEmpty,
  ManagerUnavailable,
  SnapshotFailed,
  SnapshotLost,
  SourceChanged,
  TransferInterrupted,
  UnexpectedReply,
} from '../errors.ts';
import { pathOf } from './client.ts';
import { codeOf, connectionError } from './connection-errors.ts';
import type { ManagerHttp } from './http.ts';
import { errorOf } from './replies.ts';

/** What one node says of an archive. `ranges`: a part of it can be asked for and pinned to this very file. */
export interface ArchiveFacts {
  readonly size: number;
  readonly etag: string | null;
  readonly ranges: boolean;
}

/** What a body must belong to. */
type Pinned = Pick<Transfer, 'size' | 'etag' | 'ranges'>;

/** Reads the archive of a snapshot from one node, one attempt per body, and accepts exactly the bytes asked for. */
export class ArchiveReader {
  readonly #http: ManagerHttp;
  readonly #renew: () => Promise<ManagerHttp | undefined>;
  readonly #snapshot: string;
  readonly #at: string;

  /** `renew` reads the secret again and gives a new connection to the same node if it has changed since. */
  constructor(http: ManagerHttp, snapshot: string, renew: () => Promise<ManagerHttp | undefined>) {
    this.#http = http;
    this.#renew = renew;
    this.#snapshot = snapshot;
    this.#at = `Manager ${http.manager} at ${http.node} (archive of ${snapshot})`;
  }

  /**
   * HEAD, then one byte by range: what a server says of ranges and what it does are two things (S3-backed file servers
   * drop the header; contract.md §5). Throws `SnapshotLost`, `ArchiveEmpty`, `ManagerUnavailable` and what replies mean.
   */
  async facts(): Promise<ArchiveFacts> {
    const head = await this.#head();
    const size = sizeIn(head);
    if (!Number.isSafeInteger(size))
      throw new UnexpectedReply(`${this.#at} has no Content-Length, so its end cannot be known.`);
    if (size === 0)
      throw new ArchiveEmpty(`${this.#at} is empty: 0 bytes. Look at the manager's disk and its mgmtworker log.`);
    const etag = strongEtag(head.headers.etag);
    if (etag === null) return { size, etag, ranges: false };
    const probe = await this.#open({ range: 'bytes=0-0', 'if-range': etag }, 'GET');
    probe.body.on('error', () => undefined).destroy();
    const ranges = probe.statusCode === 206 && one(probe.headers['content-range']) === `bytes 0-0/${size}`;
    return { size, etag, ranges };
  }

  /**
   * A file server on S3 hands managers a URL that is signed for GET, so HEAD is refused there with a page of S3's: then
   * the head of a GET says the same (contract.md §5). A refusal of the manager itself comes as JSON, and counts.
   */
  async #head(): Promise<Dispatcher.ResponseData> {
    const response = await this.#authorized({}, 'HEAD');
    if (response.statusCode === 200) {
      const answer = await this.#notAPage(response);
      await answer.body.dump();
      return answer;
    }
    await response.body.dump();
    const get = await this.#open({ range: 'bytes=0-0' }, 'GET');
    get.body.on('error', () => undefined).destroy();
    return get;
  }

  /** The bytes `start … start + length - 1` of the archive that was planned or looked at, all of them or an error by name. Reading stops when the caller stops. */
  async *read(transfer: Pinned, start: number, length: number): AsyncGenerator<Buffer> {
    const end = start + length - 1;
    const headers =
      transfer.ranges && transfer.etag ? { range: `bytes=${start}-${end}`, 'if-range': transfer.etag } : {};
    const response = await this.#open(headers, 'GET');
    try {
      this.#judge(response, transfer, start, end);
      yield* this.#exactly(response.body, length, `bytes ${start}-${end}`);
    } finally {
      response.body.on('error', () => undefined).destroy();
    }
  }

  #judge(response: Dispatcher.ResponseData, transfer: Pinned, start: number, end: number): void {
    const { statusCode, headers } = response;
    const changed = (what: string) =>
      new SourceChanged(
        `${this.#at} changed after the transfer was planned: ${what}. The next run will copy the new one.`,
      );
    if (transfer.etag !== null && strongEtag(headers.etag) !== transfer.etag) throw changed('it has another ETag');
    if (one(headers['content-encoding'])) throw new UnexpectedReply(`${this.#at} came with a content encoding.`);
    const wanted = transfer.ranges ? 206 : 200;
    if (statusCode !== wanted) {
      throw new TransferInterrupted(`${this.#at} answered HTTP ${statusCode} where ${wanted} was asked for.`);
    }
    const range = one(headers['content-range']);
    if (transfer.ranges && range !== `bytes ${start}-${end}/${transfer.size}`) {
      if (range?.endsWith(`/${transfer.size}`) === false) throw changed(`its size is now ${range.split('/').at(-1)}`);
      throw new TransferInterrupted(`${this.#at} sent "${range}" where bytes ${start}-${end} were asked for.`);
    }
    const length = one(headers['content-length']);
    if (!transfer.ranges && length !== undefined && Number(length) !== transfer.size)
      throw changed(`it has ${length} bytes now`);
  }

  async *#exactly(body: AsyncIterable<Buffer>, length: number, what: string): AsyncGenerator<Buffer> {
    let left = length;
    try {
      for await (const chunk of body) {
        left -= chunk.length;
        if (left < 0) throw new TransferInterrupted(`${this.#at} sent more than ${what}.`);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof TransferInterrupted) throw error;
      throw this.#interrupted(error, length - left, length, what);
    }
    // Our own count, never the client's: a short body may end without an error (complaints 19-22).
    if (left > 0) throw new TransferInterrupted(`${this.#at} ended ${left} bytes early in ${what}.`);
  }

  #interrupted(error: unknown, got: number, length: number, what: string): Error {
    const named = connectionError(error, this.#http.manager, this.#http.node, this.#http.signal);
    if (!(named instanceof ManagerUnavailable)) return named;
    return new TransferInterrupted(
      `${this.#at} broke off after ${got} of ${length} bytes of ${what} (${codeOf(error) || 'connection closed'}).`,
    );
  }

  /** Gives 200, 206 and nothing else; every other status becomes its error. */
  async #open(headers: Record<string, string>, method: 'GET' | 'HEAD'): Promise<Dispatcher.ResponseData> {
    const response = await this.#authorized(headers, method);
    if (response.statusCode === 200 || response.statusCode === 206) return await this.#notAPage(response);
    const reply = await this.#http.replyOf(response);
    if (reply.status === 404) {
      const whose = reply.code === 'not_found_error' ? 'no such snapshot' : 'the snapshot exists, its file does not';
      throw new SnapshotLost(`${this.#at} is not there (${whose}).`);
    }
    if (reply.code === 'snapshot_action_error') throw new SnapshotFailed(`${this.#at} is of a failed snapshot.`);
    if (reply.status === 416) throw new SourceChanged(`${this.#at} is shorter than when the transfer was planned.`);
    throw errorOf(reply, this.#at);
  }

  /** 401: the secret is read again once, it may have been rotated during a transfer of hours. */
  async #authorized(headers: Record<string, string>, method: 'GET' | 'HEAD'): Promise<Dispatcher.ResponseData> {
    const call = { path: `${pathOf(this.#snapshot)}/archive`, headers };
    const response = await this.#http.open(call, method);
    const renewed = response.statusCode === 401 ? await this.#renew() : undefined;
    if (!renewed) return response;
    await response.body.dump();
    return await renewed.open(call, method);
  }

  /** Managers send archives as octets or zip; a page with HTTP 200 is of something in between, and passes. */
  async #notAPage(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    if (one(response.headers['content-type'])?.startsWith('text/html') !== true) return response;
    await response.body.dump();
    throw new ManagerUnavailable(`${this.#at} came as an HTML page. Is there a login page or a proxy in the way?`);
  }
}

/** Of the whole archive: the number after the slash of a partial answer, else the length. */
function sizeIn({ statusCode, headers }: Dispatcher.ResponseData): number {
  const whole = statusCode === 206 ? one(headers['content-range'])?.split('/')[1] : one(headers['content-length']);
  return Number(whole ?? Number.NaN);
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** A weak ETag must not be used in `If-Range` (RFC 9110 §13.1.5). */
function strongEtag(header: string | string[] | undefined): string | null {
  const etag = one(header);
  return etag?.startsWith('"') ? etag : null;
}

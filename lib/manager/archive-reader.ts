import type { Dispatcher } from 'undici';
import { ArchiveEmpty, UnexpectedReply } from '../base/errors.ts';
import { ArchiveBody } from './archive-download.ts';
import { isDone, isPage, one, type PinnedArchive, pageInstead, refusalOf, sizeIn, strongEtag } from './archive-head.ts';
import type { OnPiece } from './body-stream.ts';
import { pathOf } from './client.ts';
import type { ManagerHttp } from './http.ts';

/** What one node says of an archive. `ranges`: a part of it can be asked for and pinned to this very file. */
export interface ArchiveFacts {
  readonly size: number;
  readonly etag: string | null;
  readonly ranges: boolean;
}

/** Reads the archive of a snapshot from one node, one attempt per body, and accepts exactly the bytes asked for. */
export class ArchiveReader {
  readonly #http: ManagerHttp;
  readonly #renew: () => Promise<ManagerHttp | undefined>;
  readonly #path: string;
  readonly #at: string;

  /** `renew` reads the secret again and gives a new connection to the same node if it has changed since. */
  constructor(http: ManagerHttp, snapshot: string, renew: () => Promise<ManagerHttp | undefined>) {
    this.#http = http;
    this.#renew = renew;
    this.#path = `${pathOf(snapshot)}/archive`;
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

  /**
   * Hands the bytes `start … start + length - 1` of the archive that was planned or looked at to `take`: exactly those, or
   * throws by name, or what `take` throws.
   */
  async pour(pinned: PinnedArchive, start: number, length: number, take: OnPiece): Promise<void> {
    const origin = { http: this.#http, renew: this.#renew, path: this.#path, at: this.#at };
    await new ArchiveBody(origin, pinned, start, length).pour(take);
  }

  /** The same in memory, for samples. */
  async bytes(pinned: PinnedArchive, start: number, length: number): Promise<Buffer> {
    const all = Buffer.alloc(length);
    let filled = 0;
    await this.pour(pinned, start, length, (piece) => {
      filled += piece.copy(all, filled);
      return undefined;
    });
    return all;
  }

  /** Gives 200, 206 and nothing else; every other status becomes its error. */
  async #open(headers: Record<string, string>, method: 'GET' | 'HEAD'): Promise<Dispatcher.ResponseData> {
    const response = await this.#authorized(headers, method);
    if (isDone(response.statusCode)) return await this.#notAPage(response);
    throw refusalOf(await this.#http.replyOf(response), this.#at);
  }

  /** 401: the secret is read again once, it may have been rotated during a transfer of hours. */
  async #authorized(headers: Record<string, string>, method: 'GET' | 'HEAD'): Promise<Dispatcher.ResponseData> {
    const call = { path: this.#path, headers };
    const response = await this.#http.open(call, method);
    const renewed = response.statusCode === 401 ? await this.#renew() : undefined;
    if (!renewed) return response;
    await response.body.dump();
    return await renewed.open(call, method);
  }

  async #notAPage(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    if (!isPage(response)) return response;
    await response.body.dump();
    throw pageInstead(this.#at);
  }
}

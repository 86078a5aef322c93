import { ManagerUnavailable, TransferInterrupted } from '../base/errors.ts';
import { TooSlow } from '../base/rate-floor.ts';
import { assertRange, isArchive, isPage, type PinnedArchive, pageInstead, refusalOf } from './archive-head.ts';
import { Broken, type OnPiece, PausedTooLong, type ResponseHead } from './body-stream.ts';
import { codeOf, connectionError } from './connection-errors.ts';
import type { ManagerHttp } from './http.ts';

export interface BodyOrigin {
  readonly http: ManagerHttp;
  /** A new connection to the same node, if the secret has changed since. */
  readonly renew: () => Promise<ManagerHttp | undefined>;
  readonly path: string;
  /** Begins the sentences of errors. */
  readonly at: string;
}

/** One run of bytes of an archive on its way to whoever takes them: `length` (at least 1) from `start`. */
export class ArchiveBody {
  readonly #origin: BodyOrigin;
  readonly #pinned: PinnedArchive;
  readonly #start: number;
  readonly #length: number;
  #got = 0;
  #hasBegun = false;

  constructor(origin: BodyOrigin, pinned: PinnedArchive, start: number, length: number) {
    this.#origin = origin;
    this.#pinned = pinned;
    this.#start = start;
    this.#length = length;
  }

  /**
   * Hands over exactly these bytes, or throws by name, or what `take` throws. If `take` is busy for longer than the
   * manager's nginx waits (60 s, K20), the connection is given up before that, and one for the rest is opened when there
   * is use for it: no byte that was taken is sent again.
   */
  async pour(take: OnPiece): Promise<void> {
    while (this.#got < this.#length) {
      const from = this.#got;
      const paused = await this.#pourRest(take);
      await paused?.until;
      // Our own count, never the client's: a short body may end without an error (complaints 19-22).
      if (this.#got < this.#length && !(paused && this.#pinned.ranges)) throw this.#endedEarly(from, paused);
    }
  }

  async #pourRest(take: OnPiece): Promise<PausedTooLong | undefined> {
    try {
      await this.#request((piece) => {
        this.#got += piece.length;
        if (this.#got > this.#length)
          throw new TransferInterrupted(`${this.#origin.at} sent more than ${this.#bytes()}.`);
        return take(piece);
      });
      return undefined;
    } catch (error) {
      if (error instanceof PausedTooLong) return error;
      throw error instanceof Broken ? this.#interrupted(error.cause) : error;
    }
  }

  async #request(take: OnPiece): Promise<void> {
    const { http, renew, path, at } = this.#origin;
    const { etag, ranges } = this.#pinned;
    const range = [this.#start + this.#got, this.#start + this.#length - 1] as const;
    const headers: Record<string, string> =
      ranges && etag ? { range: `bytes=${range.join('-')}`, 'if-range': etag } : {};
    const isWanted = (head: ResponseHead) => {
      if (!isArchive(head)) return false;
      assertRange(head, this.#pinned, range, at);
      this.#hasBegun = true;
      return true;
    };
    let other = await http.pour({ path, headers }, isWanted, take);
    // The secret may have been rotated during a transfer of hours.
    const renewed = other?.head.statusCode === 401 ? await renew() : undefined;
    if (renewed) other = await renewed.pour({ path, headers }, isWanted, take);
    if (other) throw isPage(other.head) ? pageInstead(at) : refusalOf(other.reply, at);
  }

  #interrupted(cause: unknown): Error {
    const { http, at } = this.#origin;
    const named = connectionError(cause, http.manager, http.node, http.signal);
    if (!this.#hasBegun || !(named instanceof ManagerUnavailable)) return named;
    const got = `${this.#got} of ${this.#length} bytes`;
    return new TransferInterrupted(`${at} broke off after ${got} of ${this.#bytes()} (${reasonOf(cause)}).`);
  }

  #endedEarly(from: number, paused: PausedTooLong | undefined): TransferInterrupted {
    const missing = `${this.#length - this.#got} bytes early in ${this.#bytes(from)}`;
    return new TransferInterrupted(
      `${this.#origin.at} ended ${missing}${paused ? ': storage kept it waiting, and it serves no ranges' : ''}.`,
    );
  }

  #bytes(from = 0): string {
    return `bytes ${this.#start + from}-${this.#start + this.#length - 1}`;
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof TooSlow ? `it ${cause.message}, too slow to wait for` : codeOf(cause) || 'connection closed';
}

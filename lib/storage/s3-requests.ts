import type { S3Client } from '@aws-sdk/client-s3';
import { capitalized } from '../base/capitalized.ts';
import { StorageRefused, StorageUnavailable } from '../base/errors.ts';
import { type PageEnd, pagesOf } from '../base/pages.ts';
import { isArrivedChanged, storageError } from './s3-errors.ts';
import { addressFault, hasAnswered } from './store-address.ts';
import { storePlace } from './store-place.ts';

type Options = { abortSignal: AbortSignal };
type Expected<T> = (error: unknown) => { value: T } | undefined;

/** Times that a body is sent again which arrived changed; more often is no accident. */
const SENT_AGAIN = 3;

/** One bucket and the signal that ends what is in flight; gives every failure its name. */
export class S3Requests {
  readonly s3: S3Client;
  readonly name: string;
  readonly signal: AbortSignal;

  constructor(s3: S3Client, name: string, signal: AbortSignal) {
    this.s3 = s3;
    this.name = name;
    this.signal = signal;
  }

  /** As sentences name it. */
  get place(): string {
    return storePlace(this.s3, this.name);
  }

  /**
   * Runs one request. `doing` completes "Bucket … could not …". `expected` turns a failure that is an answer, such as
   * "no such key", into a value. A body that arrived changed is sent again at once, three times at most. Throws `StorageUnavailable`, `StorageRefused`, `Interrupted`.
   */
  async attempt<T>(
    doing: string,
    send: (options: Options) => Promise<T>,
    expected: Expected<T> = () => undefined,
  ): Promise<T> {
    for (let again = SENT_AGAIN; ; again--) {
      try {
        const answer = await send({ abortSignal: this.signal });
        hasAnswered(this.s3);
        return answer;
      } catch (error) {
        const answer = expected(error);
        if (answer) return answer.value;
        if (again > 0 && isArrivedChanged(error)) continue;
        const fault = this.signal.aborted ? undefined : await addressFault(error, this.s3, doing);
        throw fault ?? storageError(error, this.place, doing, this.signal);
      }
    }
  }

  /**
   * The pages of a list, an `attempt` each. Throws `StorageUnavailable` for a reply that is no list, and `StorageRefused`
   * when a page does not lead to the next one.
   */
  pages<Page, At>(
    doing: string,
    send: (at: At | undefined, options: Options) => Promise<Page>,
    endOf: (page: Page) => PageEnd<At>,
    expected?: Expected<Page>,
  ): AsyncGenerator<Page, void, undefined> {
    const list = async (at: At | undefined, options: Options) => this.#requireList(await send(at, options), doing);
    const read = (at: At | undefined) => this.attempt(doing, (options) => list(at, options), expected);
    return pagesOf(read, endOf, (what) => this.#brokenReply(doing, what));
  }

  /** Without a body, or with the page of a proxy, the SDK gives a list of nothing: as if all archives were gone. */
  #requireList<Page>(page: Page, doing: string): Page {
    const { $metadata: _, ...fields } = (page ?? {}) as Record<string, unknown>;
    if (page === undefined || Object.values(fields).some((field) => field !== undefined)) return page;
    throw new StorageUnavailable(
      `${capitalized(this.place)} could not ${doing}: the reply of storage is no list. If that goes on, look for a proxy in between that answers itself.`,
    );
  }

  /** A field that S3 promises. Throws `StorageRefused` when the reply lacks it: a guess would be taken for a fact. */
  promised<T>(value: T | undefined, field: string, doing: string): T {
    if (value !== undefined) return value;
    throw this.#brokenReply(doing, `lacks ${field}`);
  }

  #brokenReply(doing: string, what: string): StorageRefused {
    return new StorageRefused(
      `${capitalized(this.place)} could not ${doing}: the reply of storage ${what}. S3 does not answer so. Look for a proxy in between that changes replies; a store other than S3 needs a version that keeps to S3's API.`,
    );
  }
}

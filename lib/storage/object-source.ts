import { Readable } from 'node:stream';
import { capitalized } from '../base/capitalized.ts';
import { StorageUnavailable } from '../base/errors.ts';
import type { ByteSource, Pieces } from '../zip/byte-source.ts';
import { exactly } from './exact-length.ts';
import { PulledBody } from './pulled-body.ts';
import { storageError } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';

type Fetch = (range: string) => Promise<{ body: Readable; contentRange: string | undefined }>;

/** A stored object as a `ByteSource`: one GET per read, and exactly the bytes asked for or `StorageUnavailable`. */
export class ObjectSource implements ByteSource {
  readonly size: number;
  readonly #key: string;
  readonly #bucket: S3Requests;
  readonly #fetch: Fetch;

  constructor(size: number, key: string, bucket: S3Requests, fetch: Fetch) {
    this.size = size;
    this.#key = key;
    this.#bucket = bucket;
    this.#fetch = fetch;
  }

  async read(start: number, length: number): Promise<Readable> {
    if (length === 0) return Readable.from([]);
    const body = await this.#open(start, length);
    return Readable.from(this.#checked(body, length), { objectMode: false, highWaterMark: 1024 * 1024 });
  }

  async pieces(start: number, length: number): Promise<Pieces> {
    const body = await this.#open(start, length);
    const checked = this.#checked(body instanceof PulledBody ? body.pieces() : body, length);
    return { [Symbol.asyncIterator]: () => checked, destroy: () => body.destroy() };
  }

  async #open(start: number, length: number): Promise<Readable> {
    const end = start + length - 1;
    const { body, contentRange } = await this.#fetch(`bytes=${start}-${end}`);
    if (contentRange === `bytes ${start}-${end}/${this.size}`) return body;
    body.on('error', () => undefined).destroy();
    throw new StorageUnavailable(
      `${capitalized(this.#bucket.place)} sent "${contentRange}" of ${this.#key} where bytes ${start}-${end} were asked for.`,
    );
  }

  #checked(body: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
    const { place, signal } = this.#bucket;
    return exactly(body, length, {
      broken: (error) => storageError(error, place, `send ${length} bytes of ${this.#key}`, signal),
      short: (missing) => new StorageUnavailable(`${capitalized(place)} ended ${missing} bytes early in ${this.#key}.`),
    });
  }
}

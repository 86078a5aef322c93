import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { ByteSource, Pieces } from '../zip/byte-source.ts';
import { exactly } from './exact-length.ts';
import { PulledBody } from './pulled-body.ts';

/**
 * Range reads by a signed URL, where no client of S3 is. It takes no second try and has no words for what goes wrong: whoever
 * has the client reads again, and says what it is.
 */
export class UrlSource implements ByteSource {
  readonly size: number;
  readonly #url: URL;
  readonly #agent: Dispatcher;

  constructor(size: number, url: string, agent: Dispatcher) {
    this.size = size;
    this.#url = new URL(url);
    this.#agent = agent;
  }

  async read(start: number, length: number): Promise<Readable> {
    return Readable.from(await this.pieces(start, length), { objectMode: false });
  }

  async pieces(start: number, length: number): Promise<Pieces> {
    const { origin, pathname, search } = this.#url;
    const end = start + length - 1;
    const body = new PulledBody();
    body.on('error', () => undefined);
    const headers = { range: `bytes=${start}-${end}` };
    this.#agent.dispatch({ origin, path: pathname + search, method: 'GET', headers }, body);
    const { statusCode, headers: found } = await body.head;
    const isRange = statusCode === 206 && found['content-range'] === `bytes ${start}-${end}/${this.size}`;
    if (!isRange) body.destroy();
    if (!isRange) throw new Error(`Storage answered ${statusCode}.`);
    const checked = exactly(body.pieces(), length, {
      broken: () => new Error('The connection to storage broke.'),
      short: (missing) => new Error(`Storage ended ${missing} bytes early.`),
    });
    return { [Symbol.asyncIterator]: () => checked, destroy: () => body.destroy() };
  }
}

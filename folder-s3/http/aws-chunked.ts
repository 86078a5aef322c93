import { Transform, type TransformCallback } from 'node:stream';
import { S3Error } from '../s3-error.ts';

// "<hex size>[;chunk-signature=…]", or one trailer. Longer lines are no chunk heads but garbage.
const MAX_LINE = 4096;

/**
 * Takes the framing off an `aws-chunked` body, which SDKs use to send a checksum after the bytes:
 * `<hex size>\r\n<bytes>\r\n … 0\r\nx-amz-checksum-crc32:…\r\n\r\n`. Chunk signatures are read over, not verified.
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers = new Map<string, string>();
  #line = '';
  #state: 'size' | 'data' | 'data-end' | 'trailer' | 'end' | 'broken' = 'size';
  #left = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) {
      // Garbage is swallowed and judged at the end: an error in mid-stream would cut the connection before the answer.
      if (this.#state === 'broken') rest = rest.subarray(rest.length);
      else rest = this.#state === 'data' ? this.#takeData(rest) : this.#takeLine(rest);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    // Some clients end without the last empty line; the zero chunk is what proves that nothing is missing.
    const whole = this.#state === 'end' || (this.#state === 'trailer' && this.#line === '');
    done(
      whole ? null : new S3Error('IncompleteBody', { message: 'The aws-chunked body ended before its last chunk.' }),
    );
  }

  #takeData(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left);
    this.push(piece);
    this.#left -= piece.length;
    if (this.#left === 0) this.#state = 'data-end';
    return bytes.subarray(piece.length);
  }

  #takeLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\n');
    this.#line += bytes.subarray(0, end === -1 ? bytes.length : end).toString('latin1');
    if (this.#line.length > MAX_LINE) this.#state = 'broken';
    if (end === -1) return bytes.subarray(bytes.length);
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    this.#acceptLine(line);
    return bytes.subarray(end + 1);
  }

  #acceptLine(line: string): void {
    if (this.#state === 'size') {
      const size = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(line)?.[1];
      this.#left = Number.parseInt(size ?? '0', 16);
      this.#state = size === undefined ? 'broken' : this.#left === 0 ? 'trailer' : 'data';
    } else if (this.#state === 'data-end') {
      this.#state = line === '' ? 'size' : 'broken';
    } else if (this.#state === 'trailer' && line === '') {
      this.#state = 'end';
    } else {
      const colon = line.indexOf(':');
      if (this.#state !== 'trailer' || colon < 1) this.#state = 'broken';
      this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
  }
}

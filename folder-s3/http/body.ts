import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { seconds } from '../../lib/base/durations.ts';
import { crc32ToBase64 } from '../../lib/zip/crc32.ts';
import { S3Error } from '../s3-error.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { headerOf, type S3Request } from './request.ts';

/** What a body turned out to be. */
export interface Received {
  readonly size: number;
  readonly crc32: number;
  /** The checksum that the client sent along was this: it is good, or we would not be here. */
  readonly checksumGiven: boolean;
  /** Hex; undefined when neither wanted nor sent. */
  readonly md5?: string;
}

const MAX_SINGLE = 5 * 1024 ** 3; // S3's limit for one PUT and one part
// 10,000 parts of a Complete with checksums are about 1.5 MB.
const MAX_XML = 4 * 1024 ** 2;
const WRITE_BUFFER = 1024 ** 2; // few large writes instead of one per 64 KiB packet

/** Streams the body into a new file, verified. `md5`: it is a whole object. On any failure the caller removes the file. */
export function receiveFile(request: S3Request, path: string, options: { md5: boolean }): Promise<Received> {
  const sink = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: WRITE_BUFFER, flush: options.md5 });
  return receive(request, sink, { ...options, most: MAX_SINGLE, checksumOfBody: true });
}

/** The body as text, verified. `checksumOfBody: false` where the header is about the object, not about this body. */
export async function receiveText(request: S3Request, options: { checksumOfBody: boolean }): Promise<string> {
  const pieces: Buffer[] = [];
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  await receive(request, sink, { ...options, md5: false, most: MAX_XML });
  return Buffer.concat(pieces).toString('utf8');
}

interface ReceiveOptions {
  readonly md5: boolean;
  readonly most: number;
  readonly checksumOfBody: boolean;
}

async function receive(request: S3Request, sink: Writable, options: ReceiveOptions): Promise<Received> {
  const expected = announcedLength(request);
  if (expected > options.most) throw new S3Error('EntityTooLarge');
  const contentMd5 = headerOf(request, 'content-md5');
  const meter = new Meter(options.md5 || contentMd5 !== undefined, expected);
  const decoder = isAwsChunked(request) ? new AwsChunkedDecoder() : undefined;
  await flow(request.incoming, decoder ? [decoder, meter, sink] : [meter, sink]);
  const md5 = meter.md5?.digest();
  if (contentMd5 !== undefined) assertContentMd5(contentMd5, md5);
  const name = 'x-amz-checksum-crc32';
  const given = options.checksumOfBody ? (headerOf(request, name) ?? decoder?.trailers.get(name)) : undefined;
  if (given !== undefined) assertCrc32(given, meter.crc32);
  const checksumGiven = given !== undefined;
  return { size: meter.size, crc32: meter.crc32, checksumGiven, ...(md5 ? { md5: md5.toString('hex') } : {}) };
}

/**
 * A client that goes away fails the whole chain, and the half file is removed. The other way round a chain that fails
 * leaves the request as it is: `pipeline` would destroy it, and then nobody could read the rest of its body.
 */
async function flow(incoming: IncomingMessage, chain: [Transform, ...Writable[]]): Promise<void> {
  const [first] = chain;
  const leave = () => {
    if (!incoming.complete) first.destroy(new S3Error('IncompleteBody'));
  };
  if (incoming.destroyed) leave();
  incoming.once('close', leave);
  incoming.pipe(first);
  try {
    await pipeline(chain);
  } finally {
    incoming.off('close', leave);
    incoming.unpipe(first);
  }
}

/** A client that sends on for longer than this after its request was refused is cut off. */
const DRAIN_MS = seconds(1);

/**
 * Reads the rest of a body that nobody wants, or cuts the connection: what was left unread would stand before the next
 * request of the connection, and that would never be answered.
 */
export function drain(incoming: IncomingMessage): void {
  if (incoming.complete) return;
  const { socket } = incoming;
  const limit = setTimeout(() => socket.destroy(), DRAIN_MS).unref();
  incoming.once('close', () => clearTimeout(limit));
  incoming.resume();
}

function isAwsChunked(request: S3Request): boolean {
  return headerOf(request, 'x-amz-content-sha256')?.startsWith('STREAMING-') ?? false;
}

function announcedLength(request: S3Request): number {
  const header = isAwsChunked(request) ? 'x-amz-decoded-content-length' : 'content-length';
  const text = headerOf(request, header);
  // S3 wants to know the size before it begins, also of a chunked body.
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw new S3Error('MissingContentLength');
  return Number(text);
}

function assertContentMd5(given: string, actual: Buffer | undefined): void {
  if (Buffer.from(given, 'base64').length !== 16) throw new S3Error('InvalidDigest');
  if (actual?.toString('base64') !== given) throw new S3Error('BadDigest');
}

export function assertCrc32(given: string, actual: number): void {
  if (!/^[A-Za-z0-9+/]{6}==$/.test(given)) {
    throw new S3Error('InvalidRequest', { message: 'Value for x-amz-checksum-crc32 header is invalid.' });
  }
  if (given === crc32ToBase64(actual)) return;
  throw new S3Error('BadDigest', { message: 'The CRC32 you specified did not match the calculated checksum.' });
}

/** Counts and sums what passes, and in the end fails the stream when it was not as long as announced. */
class Meter extends Transform {
  size = 0;
  crc32 = 0;
  readonly md5: Hash | undefined;
  readonly #expected: number;

  constructor(withMd5: boolean, expected: number) {
    super();
    this.md5 = withMd5 ? createHash('md5') : undefined;
    this.#expected = expected;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += chunk.length;
    this.crc32 = crc32(chunk, this.crc32);
    this.md5?.update(chunk);
    // Too much is swallowed and judged at the end: an error in mid-stream would cut the connection before the answer.
    if (this.size > this.#expected) done();
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.size === this.#expected ? null : new S3Error('IncompleteBody'));
  }
}

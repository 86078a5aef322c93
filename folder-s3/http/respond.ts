import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { S3Error, type S3ErrorCode } from '../s3-error.ts';
import type { Reply } from './reply.ts';
import { printXml } from './xml.ts';

const READ_BUFFER = 256 * 1024;

interface Damage {
  /** Sends half of a file's bytes under the full Content-Length, and cuts the connection. */
  readonly half: boolean;
  /** Flips one bit in the middle of them. */
  readonly flips: boolean;
}

/** Sends a reply. */
export async function respond(response: ServerResponse, reply: Reply, options: Damage): Promise<void> {
  const body = Buffer.from(reply.xml ?? '');
  const type = body.length > 0 ? { 'content-type': 'application/xml' } : {};
  const noBody = reply.file !== undefined || reply.status === 204 || reply.status === 304;
  const length = noBody ? {} : { 'content-length': String(body.length) };
  response.writeHead(reply.status, { ...common(), ...type, ...length, ...latin1(reply.headers ?? {}) });
  if (reply.file === undefined || response.req.method === 'HEAD' || reply.file.length === 0) {
    response.end(body);
    return;
  }
  const { handle, start, length: whole } = reply.file;
  const count = options.half ? Math.floor(whole / 2) : whole;
  if (count > 0) {
    const bytes = handle.createReadStream({
      start,
      end: start + count - 1,
      highWaterMark: READ_BUFFER,
      autoClose: false,
    });
    const middle = options.flips ? Math.floor(count / 2) : undefined;
    await pipeline(bytes, flipped(middle), response, { end: !options.half });
  }
  if (options.half) response.socket?.destroySoon(); // after what was written is on its way
}

/** What passes, with one bit of this byte flipped. */
function flipped(middle: number | undefined) {
  return async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let from = 0;
    for await (const piece of bytes) {
      const at = middle === undefined ? -1 : middle - from;
      if (at >= 0 && at < piece.length) piece[at] = (piece[at] ?? 0) ^ 1;
      from += piece.length;
      yield piece;
    }
  };
}

function common(): Record<string, string> {
  const id = randomBytes(8).toString('hex').toUpperCase();
  return { server: 'offsite-s3', 'x-amz-request-id': id, 'x-amz-id-2': id };
}

/** Header values are bytes: what came in as UTF-8 read as Latin-1 goes out the same way; nothing else may reach HTTP. */
function latin1(headers: Readonly<Record<string, string>>): Record<string, string> {
  const safe = Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')]);
  return Object.fromEntries(safe);
}

/** An error as S3 writes it. */
export function errorReply(error: S3Error, resource: string): Reply {
  const xml = printXml('Error', {
    Code: error.code,
    Message: error.message,
    ...error.fields,
    Resource: resource,
    RequestId: randomBytes(8).toString('hex').toUpperCase(),
    HostId: 'offsite-s3',
  });
  return { status: error.status, headers: error.headers, xml };
}

/** A fault's error. */
export function faultReply(code: S3ErrorCode, resource: string): Reply {
  return errorReply(new S3Error(code), resource);
}

import { gunzipSync } from 'node:zlib';
import { isModestJson } from '../base/modest-json.ts';
import { oneLine, type Redactor } from '../base/redact.ts';
import type { ResponseHead } from './body-stream.ts';

/** A reply that was read whole. `json` is undefined when the body is not JSON: HTML errors are normal (contract.md §1.5). */
export interface Reply {
  readonly status: number;
  readonly json: unknown;
  readonly code: string | undefined;
  readonly message: string;
  /** What time it was on the manager; undefined when it does not say. */
  readonly date?: Date | undefined;
  /** Where a redirect leads to. */
  readonly location?: string | undefined;
  /** Where the login that was used is to be corrected; undefined: in the secret of the manager. */
  readonly loginFrom?: string | undefined;
}

/** No answer that we read whole may be larger. A page of 1,000 snapshots is about 300 KB. */
export const MAX_REPLY_BYTES = 8 * 1024 * 1024;

/** Throws when there is more than `MAX_REPLY_BYTES` of it. */
export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw new Error(`reply larger than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a manager said, from the bytes of its body. What it writes may hold credentials, so its message is redacted. */
export function replyFrom({ statusCode: status, headers }: ResponseHead, body: Buffer, redactor: Redactor): Reply {
  const text = decode(body, headers['content-encoding']).toString('utf8');
  const json = parseJson(text);
  const fields = (json ?? {}) as { error_code?: unknown; message?: unknown };
  const message = typeof fields.message === 'string' ? redactor.clean(fields.message) : '';
  const code = typeof fields.error_code === 'string' ? oneLine(redactor.clean(fields.error_code), 100) : undefined;
  const location = status >= 300 && status < 400 ? headers.location : undefined;
  if (status === 400 && WANTS_TLS.test(text)) return { status, json, code: 'SSL_REQUIRED', message };
  return { status, json, code, message, date: dateIn(headers.date), location };
}

/** What nginx, Apache and Go answer to HTTP on a port for TLS. */
const WANTS_TLS = /plain HTTP request was sent to HTTPS|speaking plain HTTP to an SSL|HTTP request to an HTTPS server/i;

function dateIn(header: string | string[] | undefined): Date | undefined {
  const time = Date.parse(String(header ?? ''));
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** JSON of 1,000 bytes and more may come gzipped whatever was asked for (hazards.md K27). */
function decode(bytes: Buffer, encoding: string | string[] | undefined): Buffer {
  return encoding === 'gzip' ? gunzipSync(bytes, { maxOutputLength: MAX_REPLY_BYTES }) : bytes;
}

function parseJson(text: string): unknown {
  if (!isModestJson(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { type ServedFile, servedFile } from './archive-content.ts';
import { requirePermission, tenantOf } from './auth.ts';
import { type ByteSpan, isRangeWanted, precondition, spansOf, type Validators } from './conditions.ts';
import type { Exchange } from './exchange.ts';
import { crash, failure, nginxPage, type Reply } from './reply.ts';
import { findSnapshot } from './snapshots.ts';

/** nginx: ETag is hex mtime in seconds, a dash, hex size; a change within a second that keeps the size keeps it. */
function validatorsOf({ modifiedAt, source }: ServedFile): Validators {
  const seconds = Math.floor(modifiedAt.getTime() / 1000);
  return {
    etag: `"${seconds.toString(16)}-${source.size.toString(16)}"`,
    lastModified: new Date(seconds * 1000).toUTCString(),
    modifiedSeconds: seconds,
  };
}

/** Sent whatever becomes of the file: the REST service set them before nginx looked. */
function accelHeaders({ settings }: Exchange, id: string): Record<string, string> {
  // Headers are latin-1 on the wire.
  const file = `${id.replaceAll(/[^\x20-\xff]/g, '?')}.zip`;
  const name = settings.line.quotesFileName ? `"${file}"` : file;
  return { 'Cache-Control': 'no-cache', 'Content-Disposition': `attachment; filename=${name}` };
}

/** `GET /snapshots/{id}/archive`. Only `failed` is refused: a half-made archive is served as it is (hazard K1). */
export function downloadArchive(exchange: Exchange, id: string): Reply {
  requirePermission(exchange, 'snapshot_download');
  tenantOf(exchange);
  const row = findSnapshot(exchange, id);
  if (row.status === 'failed') throw failure(400, 'snapshot_action_error', 'Failed snapshot cannot be downloaded');
  const { settings, state, strike, node } = exchange;
  // nginx cannot find a path with bytes beyond ASCII, as the redirect garbles it (observed).
  const isFindable = /^[\x20-\x7e]*$/.test(id);
  const file = isFindable ? servedFile(settings.faults, strike, state.fileOn(node, id)) : undefined;
  if (file === undefined && settings.line.failsOnMissingArchive) {
    throw crash(`OSError: [Errno 2] No such file or directory: '/opt/manager/resources/snapshots/${id}/${id}.zip'`);
  }
  return serveFile(exchange, file, accelHeaders(exchange, id));
}

/** `GET /resources/snapshots/{id}/{id}.zip`: any user, no permission, no tenant (hazard K23). */
export function fileServer(exchange: Exchange, id: string, name: string): Reply {
  const file = `${id}.zip` === name ? exchange.state.fileOn(exchange.node, id) : undefined;
  return serveFile(exchange, servedFile(exchange.settings.faults, exchange.strike, file), accelHeaders(exchange, id));
}

function serveFile(exchange: Exchange, file: ServedFile | undefined, accel: Record<string, string>): Reply {
  if (file === undefined) return nginxPage(404, accel);
  const { request, settings, strike } = exchange;
  const validators = validatorsOf(file);
  const refused = precondition(request.headers, validators);
  if (refused === 412) return nginxPage(412);
  const base = { 'Last-Modified': validators.lastModified, ETag: validators.etag, ...accel };
  if (refused === 304) return { status: 304, headers: base, isFromProxy: true };
  const headers = { 'Content-Type': settings.line.archiveType, ...base };
  const { size } = file.source;
  if (settings.faults.take('noRanges', strike) !== undefined) return whole(file, headers);
  const spans = isRangeWanted(request.headers, validators) ? spansOf(request.headers.range, size) : undefined;
  if (spans === undefined) return whole(file, { ...headers, 'Accept-Ranges': 'bytes' });
  const [span, ...more] = spans;
  if (span === undefined) return nginxPage(416, { ...accel, 'Content-Range': `bytes */${size}` });
  if (more.length > 0) return multipart(file, spans, headers);
  const shift = settings.faults.take('wrongRange', strike)?.shift ?? 0;
  return partial(
    file,
    { start: span.start + shift, length: Math.min(span.length, size - span.start - shift) },
    headers,
  );
}

function whole({ source }: ServedFile, headers: Record<string, string>): Reply {
  return {
    status: 200,
    headers: { ...headers, 'Content-Length': String(source.size) },
    stream: { source, start: 0, length: source.size },
    isFromProxy: true,
  };
}

const contentRange = ({ start, length }: ByteSpan, size: number): string =>
  `bytes ${start}-${start + length - 1}/${size}`;

function partial({ source }: ServedFile, span: ByteSpan, headers: Record<string, string>): Reply {
  const range = { 'Content-Length': String(span.length), 'Content-Range': contentRange(span, source.size) };
  return { status: 206, headers: { ...headers, ...range }, stream: { source, ...span }, isFromProxy: true };
}

/** Several ranges come as `multipart/byteranges`, put together lazily. */
function multipart({ source }: ServedFile, spans: readonly ByteSpan[], headers: Record<string, string>): Reply {
  const boundary = String(randomInt(1, 2 ** 47)).padStart(20, '0');
  const heads = spans.map((span) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${headers['Content-Type']}\r\nContent-Range: ${contentRange(span, source.size)}\r\n\r\n`,
    ),
  );
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = end.length + heads.reduce((sum, head, n) => sum + head.length + (spans[n]?.length ?? 0), 0);
  const type = { 'Content-Type': `multipart/byteranges; boundary=${boundary}`, 'Content-Length': String(length) };
  const read = async (): Promise<Readable> => {
    const parts = async function* (): AsyncGenerator<Buffer> {
      for (const [n, span] of spans.entries()) {
        yield heads[n] ?? Buffer.alloc(0);
        yield* (await source.read(span.start, span.length)) as AsyncIterable<Buffer>;
      }
      yield end;
    };
    return Readable.from(parts(), { objectMode: false });
  };
  return {
    status: 206,
    headers: { ...headers, ...type },
    stream: { source: { size: length, read }, start: 0, length },
    isFromProxy: true,
  };
}

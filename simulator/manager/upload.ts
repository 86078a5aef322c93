import type { ByteSource } from '../archive/byte-source.ts';
import { truncated, withFlippedByte } from '../archive/tampered.ts';
import { requirePermission } from './auth.ts';
import { conflict } from './create.ts';
import { type Exchange, header } from './exchange.ts';
import type { Item } from './long-list.ts';
import { crash, failure, flaskPage, json, type Reply } from './reply.ts';
import { notNullText, nullSnapshot, snapshotItem } from './representations.ts';
import { fetchArchive, killed, leavePartial } from './upload-by-url.ts';
import { keep } from './upload-space.ts';

const SNAPSHOTS = '/opt/manager/resources/snapshots';
const UPLOADING = `${SNAPSHOTS}/.uploading`;

/** Of a file, in bytes, on the usual file systems. */
const LONGEST_NAME = 255;

/**
 * `PUT /snapshots/{id}/archive`: the bytes of the body or of a URL, stored as they are, whatever they are (hazard K3),
 * and while that lasts there is no row (contract §4.3). The id is not looked at, and a dot segment makes the clean-up of
 * 7.x remove the folder of all snapshots (hazard K22).
 */
export async function uploadArchive(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'snapshot_upload');
  const { state, settings } = exchange;
  const { isSeven } = settings.line;
  try {
    const url = exchange.query.get('snapshot_archive_url');
    const sent = url === null ? await receiveBody(exchange, id) : await fetchArchive(exchange, id, url);
    if (isSeven) refuseName(id, UPLOADING);
    const stored = sent === undefined ? undefined : arrived(exchange, id, sent);
    // Up to 6.4 the row is made first: an id that exists keeps its file. In 7.x the file is in place before the row is
    // refused (contract §0.3).
    if (isSeven) putFile(exchange, id, stored);
    const item = addRow(exchange, id);
    if (!isSeven) putFile(exchange, id, stored);
    return answered(exchange, item);
  } finally {
    if (isSeven && id === '..') {
      state.files.clear();
      state.uploading.clear();
    }
  }
}

/** Form bodies are eaten as forms: a zip is not UTF-8 and gives 413 in 7.x, everything else leaves nothing (observed). */
async function receiveBody(exchange: Exchange, id: string): Promise<ByteSource | undefined> {
  const type = header(exchange, 'content-type') ?? '';
  const body = exchange.request as AsyncIterable<Buffer>;
  const isUrlEncoded = type.startsWith('application/x-www-form-urlencoded');
  if (isUrlEncoded || type.startsWith('multipart/')) {
    const isText = await isUtf8(body);
    if (isUrlEncoded && !isText && exchange.settings.line.isSeven) throw flaskPage(413);
    return undefined;
  }
  const fills = exchange.settings.faults.take('uploadFillsDisk', exchange.strike);
  const kept = fills === undefined ? body : untilFull(body, fills.afterBytes, exchange, id);
  const source = await keep(kept, exchange.settings.uploadSpace);
  return source.size === 0 ? undefined : source;
}

/** nginx has taken the whole body before the REST service writes its file. */
async function* untilFull(chunks: AsyncIterable<Buffer>, most: number, exchange: Exchange, id: string) {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size <= most) yield chunk;
  }
  if (size <= most) return;
  leavePartial(exchange, id);
  throw crash('OSError: [Errno 28] No space left on device');
}

async function isUtf8(chunks: AsyncIterable<Buffer>): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isText = true;
  for await (const chunk of chunks) isText &&= decodes(() => decoder.decode(chunk, { stream: true }));
  return isText && decodes(() => decoder.decode());
}

function decodes(decode: () => string): boolean {
  try {
    decode();
    return true;
  } catch {
    return false;
  }
}

/** Names that no file can have. */
function refuseName(id: string, folder: string): void {
  if (id === '.' || id === '..') throw crash(`IsADirectoryError: [Errno 21] Is a directory: '${folder}/${id}'`);
  if (id.length > LONGEST_NAME) throw crash(`OSError: [Errno 36] File name too long: '${folder}/${id}'`);
}

/** What faults make of the bytes before they reach their place. */
function arrived(exchange: Exchange, id: string, sent: ByteSource): ByteSource {
  const { settings, strike } = exchange;
  if (settings.faults.take('uploadKilled', strike) !== undefined) throw killed(exchange, id);
  if (settings.faults.take('uploadFull', strike) !== undefined) {
    leavePartial(exchange, id);
    throw crash('OSError: [Errno 28] No space left on device');
  }
  const cut = settings.faults.take('uploadTruncated', strike);
  const stored = cut === undefined ? sent : truncated(sent, Math.max(0, sent.size - cut.missingBytes));
  const isOther = settings.faults.take('uploadOtherBytes', strike) !== undefined;
  return isOther ? withFlippedByte(stored, Math.floor(stored.size / 2)) : stored;
}

function putFile({ settings, state, node, strike }: Exchange, id: string, source: ByteSource | undefined): void {
  const { isSeven } = settings.line;
  if (source === undefined) {
    throw crash(
      isSeven
        ? `FileNotFoundError: [Errno 2] No such file or directory: '${UPLOADING}/${id}'`
        : `RuntimeError: Archive [/tmp/tmpk3vq0c] doesn't exist - Cannot move archive to uploaded snapshots directory`,
    );
  }
  if (!isSeven && id.length > LONGEST_NAME) refuseName(id, SNAPSHOTS);
  state.uploading.delete(id);
  if (settings.faults.take('uploadRowWithoutFile', strike) === undefined) state.writeFile(id, source, node);
}

function addRow({ settings, state, tenant, user }: Exchange, id: string): Item {
  if (tenant === undefined) {
    const text = notNullText(id, 'uploaded', state.nextStorageId('snapshots'), state.now());
    throw failure(409, 'storage_error', text);
  }
  if (state.snapshot(id, tenant) === undefined) {
    return snapshotItem(state.addSnapshot(id, 'uploaded', { tenant, createdBy: user?.name ?? 'admin' }));
  }
  if (settings.line.acceptsUploadToExisting) return nullSnapshot();
  throw conflict(id, tenant);
}

function answered({ settings: { faults }, strike }: Exchange, item: Item): Reply {
  if (faults.take('upload500ButDone', strike) !== undefined) {
    throw crash('OSError: [Errno 104] Connection reset by peer');
  }
  return json(201, faults.take('uploadNullReply', strike) === undefined ? item : nullSnapshot());
}

import { bytesOf } from '../archive/tampered.ts';
import { requirePermission } from './auth.ts';
import { conflict } from './create.ts';
import { bodyOf, type Exchange, header } from './exchange.ts';
import { crash, failure, flaskPage, json, type Reply } from './reply.ts';
import { notNullText, nullSnapshot, snapshotItem } from './representations.ts';

const UPLOADING = '/opt/manager/resources/snapshots/.uploading';

/** Of a file, in bytes, on the usual file systems. */
const LONGEST_NAME = 255;

/** Form bodies are eaten as forms: a zip is not UTF-8 and gives 413, text gives 500 (observed). */
function refuseForm(type: string, body: Buffer, id: string): void {
  const isUrlEncoded = type.startsWith('application/x-www-form-urlencoded');
  if (isUrlEncoded && !Buffer.from(body.toString()).equals(body)) throw flaskPage(413);
  if (isUrlEncoded || type.startsWith('multipart/') || body.length === 0) {
    throw crash(`FileNotFoundError: [Errno 2] No such file or directory: '${UPLOADING}/${id}'`);
  }
}

/**
 * `PUT /snapshots/{id}/archive` with the bytes in the body: stored as they are, whatever they are (hazard K3). The id is
 * not looked at, and a dot segment makes the clean-up remove the folder of all snapshots (hazard K22).
 */
export async function uploadArchive(exchange: Exchange, id: string): Promise<Reply> {
  requirePermission(exchange, 'snapshot_upload');
  const body = await bodyOf(exchange);
  const { state, settings, node, tenant, user } = exchange;
  if (exchange.query.has('snapshot_archive_url'))
    throw failure(400, 'bad_parameters_error', 'upload by URL is not simulated');
  if (id === '.' || id === '..') {
    if (id === '..') state.files.clear();
    throw crash(`IsADirectoryError: [Errno 21] Is a directory: '${UPLOADING}/${id}'`);
  }
  if (id.length > LONGEST_NAME) throw crash(`OSError: [Errno 36] File name too long: '${UPLOADING}/${id}'`);
  refuseForm(header(exchange, 'content-type') ?? '', body, id);
  const existing = tenant === undefined ? undefined : state.snapshot(id, tenant);
  if (existing !== undefined && !settings.line.isSeven) throw conflict(id, existing.tenant);
  state.writeFile(id, bytesOf(body), node);
  // The file is in place before the row is refused.
  if (tenant === undefined)
    throw failure(409, 'storage_error', notNullText(id, 'uploaded', state.nextStorageId('snapshots'), state.now()));
  if (existing !== undefined) {
    if (settings.line.acceptsUploadToExisting) return json(201, nullSnapshot());
    throw conflict(id, existing.tenant);
  }
  return json(201, snapshotItem(state.addSnapshot(id, 'uploaded', { tenant, createdBy: user?.name ?? 'admin' })));
}

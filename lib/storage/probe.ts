import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { InvalidConfiguration, OffsiteError } from '../base/errors.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import { ArchiveBucket } from './archive-bucket.ts';
import type { StoreCapabilities } from './capabilities.ts';
import { S3Requests } from './s3-requests.ts';
import { orRefusal, removeTrial } from './trials.ts';
import { versionRows } from './versions.ts';

/** Where a probe may write: two keys that nobody else uses, and a prefix of both that is not a whole key. */
export interface TrialKeys {
  readonly record: string;
  readonly upload: string;
  readonly prefix: string;
}

export interface Trial {
  readonly keys: TrialKeys;
  readonly use: 'export' | 'restore';
  readonly now: Date;
  readonly signal: AbortSignal;
}

interface Store {
  readonly archive: ArchiveBucket;
  readonly requests: S3Requests;
  readonly keys: TrialKeys;
  readonly now: Date;
  /** What was refused, and how. */
  readonly refusals: Record<string, string>;
}

const BODY = Buffer.from('offsite');
const CRC = crc32ToBase64(crc32(BODY));

/**
 * Tries everything that stores lack, with some 25 requests of a few bytes, before anything depends on it: an upload is
 * made as an archive's is. One part is enough: the last part may be small, and an upload of two would have to send 5 MiB,
 * which takes two minutes at 40 kB/s. Leaves nothing behind. Throws `InvalidConfiguration` with the store's own words when
 * something is missing that nothing of ours can replace; with `restore`, which stores no archive, less is needed.
 */
export async function probeStore(
  s3: S3Client,
  bucket: string,
  { keys, use, now, signal }: Trial,
): Promise<StoreCapabilities> {
  const archive = new ArchiveBucket(s3, bucket, signal);
  const store: Store = { archive, requests: new S3Requests(s3, bucket, signal), keys, now, refusals: {} };
  try {
    const records = await tryRecords(store);
    const uploads = use === 'export' ? await tryUpload(store) : await tryReading(store, keys.record);
    return { ...noUploads, ...records, ...uploads, refusals: store.refusals };
  } finally {
    await removeTrial(keys.record, archive);
    await removeTrial(keys.upload, archive);
  }
}

/** Of a restore, which does not try them. */
const noUploads = {
  conditionalCompletes: false,
  partChecksums: false,
  wholeChecksums: false,
  uploadsListed: 'no',
} as const;

/** The run's claim, and that of a manager, rest on these two conditions: a store that ignores one is refused. */
async function tryRecords({ archive: { records, bucketName }, keys: { record } }: Store) {
  const what = 'cannot write a record';
  const absent = await needed(bucketName, what, () => records.write(record, { trial: 1 }, 'absent'));
  if (!absent) throw lacking(bucketName, 'refuses to write what is not there yet (If-None-Match)');
  if (await needed(bucketName, what, () => records.write(record, { trial: 2 }, 'absent')))
    throw lacking(bucketName, 'ignores conditional writes (If-None-Match), on which "never overwritten" rests');
  const standing = await records.read(record, z.unknown());
  const other = { etag: '"00000000000000000000000000000000"' };
  if (await needed(bucketName, what, () => records.write(record, { trial: 3 }, other)))
    throw lacking(bucketName, 'ignores the condition If-Match, so two runs could take over the same dead run');
  if (!standing || !(await needed(bucketName, what, () => records.write(record, { trial: 4 }, standing))))
    throw lacking(bucketName, 'does not replace a record by its ETag (If-Match)');
  return { conditionalWrites: true, conditionalReplaces: true };
}

/** An upload as an archive's, then what can be read of it, then another one over it. */
async function tryUpload(store: Store) {
  const { archive, keys, refusals } = store;
  const { multipart, bucketName } = archive;
  const first = await openUpload(store);
  const uploadsListed = await listedUploads(store, first.uploadId);
  const [part] = first.parts;
  await needed(bucketName, 'refuses an upload with a CRC-32 over the whole object', () =>
    multipart.complete(keys.upload, first.uploadId, { ...first, size: BODY.length, crc32: CRC }),
  );
  const head = await archive.head(keys.upload);
  if (head?.size !== BODY.length) throw lacking(bucketName, 'does not show an upload that it has completed');
  const read = await tryReading(store, keys.upload);
  const again = await openUpload(store);
  const over = await orRefusal(() =>
    multipart.complete(keys.upload, again.uploadId, { ...again, size: BODY.length, crc32: CRC }),
  );
  if (over !== 'completed') await multipart.abort(keys.upload, again.uploadId);
  if (over instanceof OffsiteError) refusals['conditionalCompletes'] = over.message;
  return {
    ...read,
    uploadsListed,
    conditionalCompletes: over === 'exists',
    partChecksums: part?.crc32 === CRC,
    wholeChecksums: head.crc32 === CRC,
  };
}

async function openUpload({ archive: { multipart, bucketName }, keys: { upload: key } }: Store) {
  return await needed(bucketName, 'refuses an upload with the CRC-32 of its parts and of the whole', async () => {
    const uploadId = await multipart.create(key, { 'offsite-trial': 'yes' });
    await multipart.putPart(key, uploadId, { number: 1, body: BODY, crc32: CRC });
    const parts = [];
    for await (const part of multipart.listParts(key, uploadId)) parts.push(part);
    if (parts.length !== 1) throw lacking(bucketName, `lists ${parts.length} parts of an upload of one`);
    return { uploadId, parts };
  });
}

async function listedUploads({ archive: { multipart }, keys, refusals }: Store, uploadId: string) {
  const shows = async (prefix: string) => {
    const open = await orRefusal(() => multipart.list(prefix));
    if (open instanceof OffsiteError) refusals['uploadsListed'] = open.message;
    else return open.some((one) => one.uploadId === uploadId);
    return false;
  };
  if (await shows(keys.prefix)) return 'by prefix';
  return (await shows(keys.upload)) ? 'by key' : 'no';
}

/** What can be read of one object. A list must show it, or no restore finds an archive. */
async function tryReading(store: Store, key: string) {
  const { archive, requests, refusals } = store;
  const head = await archive.head(key);
  const versionId = head?.versionId ?? null;
  const size = head?.size ?? 0;
  const versions = await archive.versions(key);
  if (!versions.some((one) => one.key === key))
    throw lacking(archive.bucketName, 'does not list what it has just stored, so no restore would find an archive');
  const read = await needed(archive.bucketName, 'does not read back what it has just stored', async () => {
    let bytes = 0;
    for await (const piece of await archive.source(key, versionId, size).read(1, size - 1)) bytes += piece.length;
    return bytes;
  });
  if (read !== size - 1) throw lacking(archive.bucketName, 'does not read ranges of an object');
  const [rows] = await rowsOf(requests, key);
  const tagged = await orRefusal(async () => {
    const done = await archive.protection.tag({ key, versionId }, { expire: 'held' });
    const tags = await archive.protection.tagsOf({ key });
    return done ? tags : undefined;
  });
  if (tagged instanceof OffsiteError) refusals['tags'] = tagged.message;
  const tags = tagged instanceof OffsiteError ? undefined : tagged;
  const url = await archive.presign(key, versionId, 60, store.now);
  return {
    versions: head?.versionId !== null,
    versionsListed: rows !== undefined,
    tags: tags?.tags['expire'] === 'held',
    tagsNameVersion: tags?.versionId !== null && tags?.versionId !== undefined,
    presignedReads: await isReadable(url, requests),
  };
}

async function rowsOf(requests: S3Requests, key: string) {
  const pages = [];
  for await (const page of versionRows(requests, key)) pages.push(page);
  return pages;
}

/** By the way of the client itself, which knows proxies and CAs, and with nothing but the URL. */
async function isReadable(url: string, { s3, signal }: S3Requests): Promise<boolean> {
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const request = { method: 'GET', protocol, hostname, path: pathname, headers: { host } };
  const query = Object.fromEntries(searchParams);
  const options = { abortSignal: signal };
  const sent = s3.config.requestHandler.handle(
    { ...request, query, ...(port ? { port: Number(port) } : {}) } as never,
    options as never,
  );
  const answer = await sent.catch(() => undefined);
  (answer?.response.body as Readable | undefined)?.on('error', () => undefined).destroy();
  return answer?.response.statusCode === 200;
}

/** A refusal of what cannot be replaced becomes a sentence with its reason; what may pass stays what it is. */
async function needed<T>(bucket: string, what: string, work: () => Promise<T>): Promise<T> {
  const done = await orRefusal(work);
  if (!(done instanceof OffsiteError)) return done;
  throw lacking(bucket, `${what} (${withoutAdvice(done)})`);
}

/** The message of a refusal that stands within another one, which says what to do. */
export const withoutAdvice = ({ message }: OffsiteError) => message.replace(ADVICE, '');

const ADVICE = /\. (Retrying will not help|Use a store [^.]*docs\/reference\/stores\.md has a list)\.$/;

function lacking(bucket: string, how: string): InvalidConfiguration {
  return new InvalidConfiguration(
    `Bucket ${bucket} ${how}. Use a store that can do it: docs/reference/stores.md has a list.`,
  );
}

import { crc32 } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { hasObjectLock } from '../storage/bucket-settings.ts';
import type { StoreCapabilities } from '../storage/capabilities.ts';
import { lacksOf } from '../storage/lacks.ts';
import { trialKeysOf } from '../storage/layout.ts';
import { S3Requests } from '../storage/s3-requests.ts';
import { storeTime } from '../storage/store-time.ts';
import { nameOfTrial } from '../storage/trials.ts';
import { crc32ToBase64 } from '../zip/crc32.ts';
import { checked, notChecked, ok, warning } from './check.ts';
import { checkClock } from './clock.ts';
import type { Check } from './contract.ts';

interface Looked {
  readonly s3: S3Client;
  readonly archive: ArchiveBucket;
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** A store that is not AWS, after everything was tried in it: a line for each thing that stores may lack. */
export async function checkOtherStore(can: StoreCapabilities, looked: Looked): Promise<readonly Check[]> {
  const lacks = lacksOf(can).map(({ what, instead }) => warning('store', `has no ${what}: ${instead}.`));
  const has = (what: string, is: boolean, text: string) => (is ? [ok(what, text)] : []);
  return [
    ok('write', 'objects are written, read and removed again'),
    ok('conditional writes', 'what is there is not overwritten'),
    ...has('versions', can.versions, 'objects have versions'),
    ...has('checksums', can.partChecksums && can.wholeChecksums, 'the store verifies and shows CRC-32'),
    ...has('tags', can.tags, 'objects have tags'),
    ...lacks,
    ...(await lockAndClock(looked)),
    notChecked('room', 'S3 has no request for it. Check that the quota of the store has room for all archives.'),
  ];
}

/**
 * A bucket in AWS. An upload is begun and ended, of which nothing is left: no object, no version, nothing to be locked. It
 * takes the same rights as an archive.
 */
export async function checkAwsBucket(manager: string, looked: Looked): Promise<readonly Check[]> {
  return [
    ...(await checked('write', () => tryUpload(manager, looked.archive))),
    ...(await settingsOf(looked.archive)),
    ...(await lockAndClock(looked)),
  ];
}

const BODY = Buffer.from('offsite');

async function tryUpload(manager: string, { multipart }: ArchiveBucket): Promise<Check> {
  const { upload: key } = trialKeysOf(manager, nameOfTrial());
  const uploadId = await multipart.create(key, { 'offsite-trial': 'yes' });
  try {
    await multipart.putPart(key, uploadId, { number: 1, body: BODY, crc32: crc32ToBase64(crc32(BODY)) });
  } finally {
    await multipart.abort(key, uploadId);
  }
  return ok('write', 'an upload was begun and ended again; nothing is left of it');
}

/** What a person may not see is no failure of a backup. */
async function settingsOf(archive: ArchiveBucket): Promise<readonly Check[]> {
  try {
    const { versioning, isPrivate } = await archive.settings();
    return [
      versioning === 'Enabled'
        ? ok('versions', 'versioning is on')
        : warning('versions', 'versioning is off: what is deleted or overwritten is lost. Turn it on.'),
      isPrivate
        ? ok('public access', 'is blocked')
        : warning('public access', 'is not blocked completely. Block it: archives hold the secrets of a manager.'),
    ];
  } catch (error) {
    return [notChecked('versions', `the settings of the bucket cannot be read: ${(error as Error).message}`)];
  }
}

async function lockAndClock({ s3, archive, now, signal }: Looked): Promise<readonly Check[]> {
  const requests = new S3Requests(s3, archive.bucketName, signal);
  const lock = await hasObjectLock(requests).catch(() => undefined);
  return [
    lock === undefined
      ? notChecked('lock', 'the store does not report whether the bucket has Object Lock')
      : lock
        ? ok('lock', 'the bucket has Object Lock')
        : warning('lock', 'the bucket has no Object Lock: whoever may delete versions can delete every archive.'),
    ...(await checked('clock of the store', async () =>
      checkClock('clock of the store', await storeTime(requests), now),
    )),
  ];
}

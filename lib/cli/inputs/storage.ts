import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LocalS3 } from '../../../folder-s3/server.ts';
import { seconds } from '../../base/durations.ts';
import { Interrupted } from '../../base/errors.ts';
import { FolderInUse } from '../../base/folder-in-use.ts';
import { extractionsOf, placesOf, prefixOf } from '../../storage/layout.ts';
import type { Near } from '../../storage/near.ts';
import { s3Client } from '../../storage/s3-client.ts';
import { storageError } from '../../storage/s3-errors.ts';
import type { Sealing } from '../../storage/seal.ts';
import { servesFolder, storePlace } from '../../storage/store-place.ts';
import { type Terminal, UsageError } from '../usage.ts';
import { findAccess } from './aws-access.ts';
import { type DestinationOptions, destinationOf, type FolderDestination } from './destination.ts';
import { warnIfEmptied } from './emptied-folder.ts';
import { type ExpectedFolder, rememberMount, requireMounted } from './mounts.ts';
import { type NetworkOptions, networkOf } from './network.ts';
import { type SigningOptions, sealingOf } from './signing.ts';

/** Where the archives are on this machine, as options say it. */
export interface StorageOptions extends SigningOptions, DestinationOptions, NetworkOptions {}

export interface Storage {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Where a person finds the archives: a folder, or the bucket. */
  readonly place: string;
  /** Neither AWS nor our own: whether it keeps S3's word is to be tried. */
  readonly isForeign: boolean;
  /** A folder, served to this machine alone. */
  readonly isFolder: boolean;
  /** Reads and names records of a folder without a request. */
  readonly near?: Near;
  /** Signs what is written there, and judges what is read. */
  readonly sealing: Sealing;
  close(): Promise<void>;
}

/** What a run is given of it. The versions of a folder are files that can be changed. */
export const partsOf = ({ s3, bucket, sealing, isFolder, near }: Storage) => ({
  ...{ s3, bucket, sealing, near },
  pinsVersions: !isFolder,
});

export const LOCAL_BUCKET = 'offsite';
/** What the embedded S3 knows of a folder's files. */
const RECORDS = '.offsite-s3';

/** Which option names the folder, and whether it is there already because something is to be read from it. */
export interface FolderRule {
  readonly option: 'to' | 'from';
  readonly mustExist: boolean;
  /** What the command does there. Only `all` needs the folder for itself; a manager's name: it writes things of that one. */
  readonly use: 'read' | 'all' | 'reports' | { readonly manager: string } | { readonly extractionsOf: string };
}

/** A folder (by an S3 of our own on it), a bucket in AWS, or a bucket of another store. */
export async function openStorage(given: StorageOptions, rule: FolderRule, terminal: Terminal): Promise<Storage> {
  const at = await destinationOf(given, rule.option);
  const writes = rule.use !== 'read';
  if ('folder' in at) {
    const sealing = await sealingOf(given, { place: resolve(at.folder), writes }, terminal);
    return { ...(await openFolder(at, rule, terminal)), sealing };
  }
  const { bucket, client } = at;
  const known = client.endpoint === undefined ? `s3://${bucket}` : `${client.endpoint}/${bucket}`;
  const sealing = await sealingOf(given, { place: known, writes }, terminal);
  const s3 = s3Client({ ...client, network: await networkOf(terminal, given) });
  await findAccess(s3);
  const place = `s3://${bucket}`;
  const close = async () => s3.destroy();
  return { s3, bucket, place, isForeign: client.endpoint !== undefined, isFolder: false, sealing, close };
}

async function openFolder(
  at: FolderDestination,
  { mustExist, use }: FolderRule,
  terminal: Terminal,
): Promise<Omit<Storage, 'sealing'>> {
  const { clock, signing } = terminal;
  const { folder: dir, named } = at;
  await requireMounted(expectedFolder(at), signing.stateFolder);
  // A mistyped folder would be made, and found empty.
  if (mustExist && !existsSync(join(dir, LOCAL_BUCKET))) {
    throw new UsageError(`${named}: holds no archives (there is no ${join(dir, LOCAL_BUCKET)}).`);
  }
  if (lacksRecords(dir)) {
    throw new UsageError(
      `${named}: its hidden folder ${RECORDS} is missing or incomplete, and no archive can be found without it. Copy it from where ${dir} was copied from (cp -a), or run: offsite adopt --from ${dir}`,
    );
  }
  if (use !== 'read') await warnIfEmptied(resolve(dir), LOCAL_BUCKET, terminal);
  const { startLocalS3 } = await import('../../../folder-s3/server.ts');
  const start = () => startLocalS3({ dir: resolve(dir), now: clock.now, ...rightsOf(use) });
  // Nobody waits a minute for a note.
  const isNote = typeof use === 'object' && 'extractionsOf' in use;
  const server = isNote ? await start() : await whenFree(start, terminal);
  const s3 = s3Client({ ...server.access, endpoint: server.url });
  const place = `${dir}/${LOCAL_BUCKET}`;
  servesFolder(s3, place);
  try {
    if (use !== 'read') {
      await ensureBucket(s3, LOCAL_BUCKET);
      await rememberMount(resolve(dir), signing.stateFolder);
    }
  } catch (error) {
    s3.destroy();
    await server.close();
    throw storageError(error, storePlace(s3, LOCAL_BUCKET), `make its folder in ${dir}`);
  }
  const close = async () => {
    s3.destroy();
    await server.close();
  };
  const near = nearOf(server, LOCAL_BUCKET);
  return { s3, bucket: LOCAL_BUCKET, place, isForeign: false, isFolder: true, near, close };
}

/** What this process, which serves the folder, needs no request for. */
export const nearOf = (server: LocalS3, bucket: string): Near => ({
  read: async (key) => await server.atHand(bucket, key),
  names: (prefix) => server.namesAtHand(bucket, prefix),
  list: (prefix) => server.listAtHand(bucket, prefix),
  versions: (prefix) => server.versionsAtHand(bucket, prefix),
  open: async (key, versionId) => await server.openAtHand(bucket, key, versionId),
});

export function expectedFolder({ folder, named, mustExist }: FolderDestination): ExpectedFolder {
  return { folder: resolve(folder), named, mustHold: mustExist ? LOCAL_BUCKET : undefined };
}

/**
 * There are archives, and the marker of their bucket is not there. A copy by `cp -r DIR/* …` leaves hidden names out, and an
 * adoption that was killed has not yet written it.
 */
function lacksRecords(dir: string): boolean {
  const place = join(dir, LOCAL_BUCKET);
  if (existsSync(join(dir, RECORDS, LOCAL_BUCKET, 'bucket.json'))) return false;
  return existsSync(place) && readdirSync(place).length > 0;
}

/** A lock of a process that nobody can ask about, as on another machine, counts as dead after 60 s. */
const LOCK_PATIENCE_MS = seconds(75);
const LOOK_AGAIN_MS = seconds(3);

/**
 * Waits while another process has the folder for something else, and says so once. Who does the same for the same manager
 * is not waited for: that takes hours, and then there is nothing left to do.
 */
export async function whenFree<T>(take: () => Promise<T>, { clock, interrupt, err }: Terminal): Promise<T> {
  const until = clock.now().getTime() + LOCK_PATIENCE_MS;
  for (let looks = 0; ; looks++) {
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof FolderInUse) || error.bySame || clock.now().getTime() >= until) throw error;
      if (looks === 0) err.write(`offsite: ${error.message} Waiting for ${LOCK_PATIENCE_MS / 1000} s at most.\n`);
    }
    await clock.sleep(LOOK_AGAIN_MS, interrupt).catch(() => {
      throw new Interrupted('Interrupted while it waited for the folder. Nothing was changed.');
    });
  }
}

/** Two managers may be exported into one folder at the same time, and reading is possible at any time. */
function rightsOf(use: FolderRule['use']) {
  if (use === 'read') return { readOnly: true };
  if (use === 'all') return {};
  if (typeof use === 'object' && 'extractionsOf' in use)
    return { scope: { name: NOTES, owns: isNoteOf(use.extractionsOf) } };
  // No manager is called so: theirs begin with a letter.
  const [name, own] = use === 'reports' ? ['-reports', [prefixOf('reports')]] : [use.manager, placesOf(use.manager)];
  // Writers of several managers may put the same key there; each puts it once, and it is the same.
  const places = [...own, prefixOf('keys')];
  return { scope: { name, owns: (key: string) => places.some((place) => key.startsWith(place)) } };
}

/** No name of a manager: those begin with a letter or a digit. */
const NOTES = '-extractions';

/** Records of extractions of this manager, and the key that signs them. */
function isNoteOf(manager: string) {
  const places = [extractionsOf(manager), prefixOf('keys')];
  return (key: string) => places.some((place) => key.startsWith(place));
}

export async function ensureBucket(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as Error).name)) throw error;
  }
}

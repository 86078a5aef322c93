import { resolve } from 'node:path';
import { defined } from '../../../base/defined.ts';
import type { Archives } from '../../inputs/archives.ts';
import { destinationOf } from '../../inputs/destination.ts';
import { rulesFrom } from '../../inputs/retention-rules.ts';
import { openStorage, type Storage } from '../../inputs/storage.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import type { CopyGiven } from './chosen.ts';

/** What the options say of the target, by the names that other commands give it. */
function optionsOf({ to, toBucket, toS3Endpoint, toS3CaFile, toConfig, signingKey, trustKey, signedSince }: CopyGiven) {
  const place = { to, bucket: toBucket, s3Endpoint: toS3Endpoint, s3CaFile: toS3CaFile, config: toConfig };
  return defined({ ...place, signingKey, trustKey, signedSince });
}

/** Before anything is opened. Throws `UsageError` when the target is not named, or is where the archives are. */
export async function checkTarget(given: CopyGiven): Promise<void> {
  const { to, toBucket, toConfig } = given;
  if (to === undefined && toBucket === undefined && toConfig === undefined)
    throw new UsageError('The destination is missing: add --to DIR, --to-bucket NAME or --to-config FILE.');
  if (!given.local) return;
  const [source, target] = [await destinationOf(given, 'from'), await destinationOf(optionsOf(given), 'to')];
  if (idOf(source) === idOf(target)) throw new UsageError(SAME_PLACE);
}

const SAME_PLACE = 'The archives are in that very place: name another one to copy to.';

/** The same for the bucket of a stack, whose name is known once it is found. Throws `UsageError`. */
export async function checkNotOwn(given: CopyGiven, { place, isInAws }: Pick<Archives, 'place' | 'isInAws'>) {
  if (!isInAws) return;
  const target = await destinationOf(optionsOf(given), 'to');
  if ('bucket' in target && target.client.endpoint === undefined && `s3://${target.bucket}` === place)
    throw new UsageError(SAME_PLACE);
}

function idOf(place: Awaited<ReturnType<typeof destinationOf>>): string {
  return 'folder' in place ? resolve(place.folder) : `${place.client.endpoint ?? 'aws'} ${place.bucket}`;
}

/** Opens it to write things of these managers. */
export async function openTarget(given: CopyGiven, managers: readonly string[], terminal: Terminal) {
  const options = optionsOf(given);
  const [only, ...others] = managers;
  const use = only !== undefined && others.length === 0 ? { manager: only } : 'all';
  const storage: Storage = await openStorage(options, { option: 'to', mustExist: false, use }, terminal);
  return { storage, rulesOf: await rulesFrom(options) };
}

import { checked, ok } from '../../../doctor/check.ts';
import type { Check } from '../../../doctor/contract.ts';
import { checkAwsBucket, checkOtherStore } from '../../../doctor/store.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import { destinationOf } from '../../inputs/destination.ts';
import { expectedFolder, openStorage, type StorageOptions } from '../../inputs/storage.ts';
import { checkStorage } from '../../preflight.ts';
import type { Terminal } from '../../usage.ts';
import { checkFolder } from './folder.ts';

/** Everything about the place for archives; trial objects of a store and the trial file of a folder are removed again. */
export async function checkDestination(
  manager: string,
  given: StorageOptions,
  terminal: Terminal,
): Promise<readonly Check[]> {
  const at = await destinationOf(given, 'to');
  if ('folder' in at) return await checkFolder(expectedFolder(at), given, terminal);
  return await checked('bucket', async () => {
    const storage = await openStorage(given, { option: 'to', mustExist: true, use: 'read' }, terminal);
    const { interrupt: signal, clock } = terminal;
    try {
      const can = await checkStorage(storage, manager, 'export', terminal);
      const { s3, bucket, place } = storage;
      const looked = { s3, archive: new ArchiveBucket(s3, bucket, signal), now: clock.now(), signal };
      const more = can ? await checkOtherStore(can, looked) : await checkAwsBucket(manager, looked);
      return [ok('bucket', `${place} can be read`), ...more];
    } finally {
      await storage.close();
    }
  });
}

import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { StorageUnavailable } from '../../base/errors.ts';
import { readRemembered, remember } from '../../signing/remembered.ts';

/** By folder of archives (absolute), where the file system was mounted that this machine last wrote it on. */
const KnownMounts = z.record(z.string(), z.string());
const WHAT = 'on which disks the folders of archives are, is damaged. Move it away; they are then met anew.';

const fileOf = (stateFolder: string) => join(stateFolder, 'known-mounts.json');

/** What is known of a folder of archives before it is opened. */
export interface ExpectedFolder {
  /** Absolute. */
  readonly folder: string;
  /** The option or the field that says so, for messages. */
  readonly named: string;
  /** Set if archives must be there: what their folder is called in it. */
  readonly mustHold: string | undefined;
}

/**
 * A mount point without its disk is an empty folder: a run would write its archives to the disk below, where nobody looks
 * for them once the other one is back. Throws `StorageUnavailable`.
 */
export async function requireMounted({ folder, named, mustHold }: ExpectedFolder, stateFolder: string): Promise<void> {
  const mount = (await readRemembered(fileOf(stateFolder), KnownMounts, WHAT))[folder];
  if (mount !== undefined && !(await isMounted(mount))) {
    throw new StorageUnavailable(
      `${named}: the archives are on a file system that was mounted at ${mount}, and nothing is mounted there now. Mount it. If the archives belong on the disk below from now on, remove the line of ${folder} from ${fileOf(stateFolder)}.`,
    );
  }
  if (mustHold === undefined || existsSync(join(folder, mustHold))) return;
  throw new StorageUnavailable(
    `${named}: there is no ${join(folder, mustHold)}, and local.mustExist requires it. Mount the disk. Before the first run, make that folder.`,
  );
}

/** Called when the folder was written. That of the root is always there, and not remembered. */
export async function rememberMount(folder: string, stateFolder: string): Promise<void> {
  const file = fileOf(stateFolder);
  const { [folder]: known, ...others } = await readRemembered(file, KnownMounts, WHAT);
  const mount = await mountOf(folder);
  const now = mount === dirname(mount) ? undefined : mount;
  if (now !== known) await remember(file, now === undefined ? others : { ...others, [folder]: now });
}

/** The last folder upwards that is on the same device. */
async function mountOf(folder: string): Promise<string> {
  let place = await realpath(folder);
  while (place !== dirname(place) && !(await isMounted(place))) place = dirname(place);
  return place;
}

/** A folder whose parent is on another device; false: it is not there either. */
async function isMounted(place: string): Promise<boolean> {
  const [own, parent] = await Promise.all([place, dirname(place)].map((one) => stat(one).catch(() => undefined)));
  return own !== undefined && own.dev !== parent?.dev;
}

import { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { Terminal } from '../usage.ts';
import { DEPLOYED_FLAGS, refuseOf } from './installation.ts';
import { BUCKET_FLAGS, openStorage } from './storage.ts';

const LOCAL = { from: { type: 'string' }, ...BUCKET_FLAGS } as const;
const DEPLOYED = { installation: DEPLOYED_FLAGS.installation } as const;

/** Where the archives are that a command only reads. */
export const ARCHIVES_FLAGS = { local: { type: 'boolean' }, ...LOCAL, ...DEPLOYED } as const;

export interface ArchivesFlags {
  readonly local?: boolean | undefined;
  readonly from?: string | undefined;
  readonly bucket?: string | undefined;
  readonly 's3-endpoint'?: string | undefined;
  readonly installation?: string | undefined;
}

export interface Archives {
  readonly archive: ArchiveBucket;
  /** Where a person finds them: a folder, or the bucket. */
  readonly place: string;
  /** The name of the installation; undefined on this machine. */
  readonly installation: string | undefined;
  close(): Promise<void>;
}

/** Throws `UsageError` for flags of the other way, before anything is asked. */
export function refuseOtherWay(given: ArchivesFlags): void {
  refuseOf({ ...given }, given.local ? Object.keys(DEPLOYED) : Object.keys(LOCAL));
}

/** The bucket of an installation in AWS, or with `--local` a folder or any bucket. */
export async function openArchives(given: ArchivesFlags, terminal: Terminal): Promise<Archives> {
  if (given.local) {
    const { s3, bucket, place, close } = await openStorage(given, { flag: 'from', mustExist: true });
    return { archive: new ArchiveBucket(s3, bucket, terminal.interrupt), place, installation: undefined, close };
  }
  const { openInstallation } = await import('../aws/open.ts');
  const { archive, storage, installation, close } = await openInstallation(given, terminal);
  return { archive, place: storage.place, installation: installation.name, close: async () => close() };
}

import { dirname, resolve } from 'node:path';
import { defined } from '../../base/defined.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import type { S3Options } from '../../storage/s3-client.ts';
import { UsageError } from '../usage.ts';
import { openConfig } from './config-file.ts';

/** Where archives are, as options and a configuration say it. */
export interface DestinationOptions {
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly bucket?: string | undefined;
  readonly s3Endpoint?: string | undefined;
  readonly config?: string | undefined;
}

export interface FolderDestination {
  readonly folder: string;
  /** The option or the field that says so, for messages. */
  readonly named: string;
  /** The configuration says that archives are there. */
  readonly mustExist?: boolean;
}

/** A folder, or a bucket with what its client needs. */
export type Destination = FolderDestination | { readonly bucket: string; readonly client: S3Options };

export const LOCAL_DIR = 'offsite-data';

/** Options count more than the configuration; without both it is ./offsite-data. Throws `UsageError`. */
export async function destinationOf(given: DestinationOptions, option: 'to' | 'from'): Promise<Destination> {
  const { bucket, s3Endpoint: endpoint, [option]: folder } = given;
  if (endpoint !== undefined && !/^https?:\/\//.test(endpoint)) {
    throw new UsageError(`--s3-endpoint ${endpoint}: must begin with http:// or https://.`);
  }
  if (bucket !== undefined) return { bucket, client: defined({ endpoint }) };
  if (folder !== undefined) return { folder, named: `--${option} ${folder}` };
  return (await configured(given.config, option)) ?? { folder: LOCAL_DIR, named: `--${option} ${LOCAL_DIR}` };
}

async function configured(configFile: string | undefined, option: 'to' | 'from'): Promise<Destination | undefined> {
  if (configFile === undefined) return undefined;
  const { config, file } = await openConfig(configFile);
  const { folder, mustExist = false, bucket, endpoint, region, profile } = config.local ?? {};
  if (bucket !== undefined) return { bucket, client: defined({ endpoint, region, profile }) };
  if (folder !== undefined)
    return { folder: resolve(dirname(file), folder), named: `local.folder of ${configFile} (${folder})`, mustExist };
  if (!isLocal(config)) return undefined;
  // A run of a timer would look for archives in whatever folder it is started in.
  throw new UsageError(
    `Where are the archives? Add local.folder or local.bucket to ${configFile}, or --${option} DIR.`,
  );
}

/** Managers that the configuration says how to reach from this machine. */
export function reachedFromHere({ managers }: OffsiteConfig) {
  return managers.filter(({ local }) => local);
}

/** Whether it is one for runs on this machine, and not of a stack alone. */
export function isLocal({ local, managers }: OffsiteConfig): boolean {
  return local !== undefined || managers.some((one) => one.local !== undefined);
}

import type { Executions } from '../../base/ports.ts';
import { partsOfArn } from '../../installation/arns.ts';
import type { Terminal } from '../usage.ts';
import type { ArchivesOptions } from './archives.ts';
import { type FolderRule, openStorage, type Storage } from './storage.ts';

/** The bucket of an installation, or with `--local` a folder or any bucket. */
export interface OpenedBucket {
  readonly storage: Storage;
  readonly installation?: string;
  /** Who knows whether a run in AWS still lives. */
  readonly executions?: Executions;
}

export async function openBucket(
  given: ArchivesOptions,
  use: FolderRule['use'],
  terminal: Terminal,
): Promise<OpenedBucket> {
  if (given.local) return { storage: await openStorage(given, { option: 'from', mustExist: true, use }, terminal) };
  const { openInstallation } = await import('../aws/open.ts');
  const { storage, installation, sfn } = await openInstallation(given, terminal);
  const isRunning: Executions['isRunning'] = async (execution) => {
    const found = partsOfArn(execution) && (await sfn.describe(execution));
    if (!found?.status) return 'unknown';
    return ['RUNNING', 'PENDING_REDRIVE'].includes(found.status) ? 'running' : 'ended';
  };
  return { storage, installation: installation.name, executions: { isRunning } };
}

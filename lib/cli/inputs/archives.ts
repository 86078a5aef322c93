import type { DeployedSchedule } from '../../base/deployed-schedule.ts';
import type { DecisionRecorded } from '../../decision/contract.ts';
import type { DecisionInput } from '../../decision/input.ts';
import { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { Terminal } from '../usage.ts';
import { type BandwidthOptions, ratesFrom } from './bandwidth.ts';
import { openStorage, type StorageOptions } from './storage.ts';

/** What options say of archives that a command reads. */
export interface ArchivesOptions extends StorageOptions, BandwidthOptions {
  readonly local?: boolean | undefined;
  readonly installation?: string | undefined;
}

export interface Archives {
  readonly archive: ArchiveBucket;
  /** Where a person finds them: a folder, or the bucket. */
  readonly place: string;
  /** Neither a folder nor another store: what is stored costs what S3 costs. */
  readonly isInAws: boolean;
  /** The name of the installation; undefined on this machine. */
  readonly installation: string | undefined;
  /** The schedules of exports as they are deployed; undefined on this machine, and where a person may not see them. */
  readonly schedules: (
    managers: readonly string[],
  ) => Promise<ReadonlyMap<string, DeployedSchedule | null> | undefined>;
  /** Digest of the configuration that is deployed; undefined on this machine, or deployed by an older version. */
  readonly configuration: string | undefined;
  /** In AWS a function records what people decide about archives: it has the key that signs. Undefined on this machine. */
  readonly decide: ((decision: DecisionInput) => Promise<DecisionRecorded>) | undefined;
  close(): Promise<void>;
}

/** Opens the archives to read, or to write things of one manager, hands them to `work`, and closes them afterwards. */
export async function withArchives<T>(
  given: ArchivesOptions,
  terminal: Terminal,
  writes: 'read' | { readonly manager: string },
  work: (archives: Archives) => Promise<T>,
): Promise<T> {
  const archives = await openArchives(given, terminal, writes);
  try {
    return await work(archives);
  } finally {
    await archives.close();
  }
}

/** The bucket of an installation in AWS, or with `--local` a folder or any bucket. */
async function openArchives(
  given: ArchivesOptions,
  terminal: Terminal,
  use: 'read' | { readonly manager: string },
): Promise<Archives> {
  if (given.local) {
    const rule = { option: 'from', mustExist: true, use } as const;
    const { s3, bucket, place, isForeign, isFolder, sealing, near, close } = await openStorage(given, rule, terminal);
    const archive = new ArchiveBucket(s3, bucket, terminal.interrupt, sealing, {
      ...{ pace: (await ratesFrom(given, terminal)).read, near },
    });
    return {
      ...{ archive, place, installation: undefined, configuration: undefined, decide: undefined },
      isInAws: !isForeign && !isFolder,
      schedules: async () => undefined,
      close,
    };
  }
  const { openInstallation } = await import('../aws/open.ts');
  const aws = await openInstallation(given, terminal);
  const { recordDecision } = await import('../aws/decide.ts');
  const { exportSchedules } = await import('../aws/schedules.ts');
  return {
    archive: aws.archive,
    place: aws.storage.place,
    isInAws: true,
    installation: aws.installation.name,
    configuration: aws.installation.configuration,
    schedules: async (managers) => await exportSchedules(managers, aws, terminal),
    decide: async (decision) => await recordDecision(decision, aws, terminal),
    close: async () => aws.close(),
  };
}

import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { SOFTWARE } from '../../base/software.ts';
import { type ExtractionRecord, MOST_NAMES, recordExtraction } from '../../catalogue/extractions.ts';
import { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { Terminal } from '../usage.ts';
import type { Archives, ArchivesOptions } from './archives.ts';
import type { OpenedArchive } from './opened-archive.ts';
import { openStorage } from './storage.ts';

/** What was taken out of the store. */
export interface Taken {
  readonly what: ExtractionRecord['what'];
  readonly size: number;
  /** Names of files in the archive. */
  readonly names?: readonly string[];
}

interface Around {
  readonly given: ArchivesOptions;
  readonly archives: Archives;
  readonly terminal: Terminal;
}

/**
 * Leaves a record beside the archives that somebody has a copy now. Who may only read them leaves none, and is told so: a
 * right to write is no condition for an emergency. Gives the key of the record, or null.
 */
export async function noteExtraction(
  { entry }: OpenedArchive,
  { what, size, names }: Taken,
  { given, archives, terminal }: Around,
): Promise<string | null> {
  const { manager, snapshot, archive } = entry.manifest;
  const record: ExtractionRecord = {
    schema: 'cloudify-offsite/extraction/1',
    ...{ manager: manager.id, snapshot: snapshot.id, versionId: archive.versionId, what, size },
    ...(names && { files: names.length, names: names.slice(0, MOST_NAMES).map((name) => name.slice(0, 1000)) }),
    ...{ by: whoAmI(), at: terminal.clock.now().toISOString(), software: SOFTWARE },
  };
  try {
    return await write(record, { given, archives, terminal });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.err.write(`offsite: no record of this was left in ${archives.place}: ${why}\n`);
    return null;
  }
}

async function write(record: ExtractionRecord, { given, archives, terminal }: Around): Promise<string> {
  const random = randomBytes(4).toString('hex');
  if (!given.local) return await recordExtraction(record, random, archives.archive.records);
  const rule = { option: 'from', mustExist: true, use: { extractionsOf: record.manager } } as const;
  const { s3, bucket, sealing, close } = await openStorage(given, rule, terminal);
  try {
    const { records } = new ArchiveBucket(s3, bucket, terminal.interrupt, sealing);
    return await recordExtraction(record, random, records);
  } finally {
    await close();
  }
}

/** `root@backup1`; in a container the number of an account that has no name. */
function whoAmI(): string {
  let user: string;
  try {
    user = userInfo().username;
  } catch {
    user = String(process.getuid?.() ?? 'somebody');
  }
  return `${user}@${hostname()}`.slice(0, 500);
}

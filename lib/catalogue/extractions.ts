import * as z from 'zod';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { bytes, count, Signature, time } from '../base/schemas.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { extractionOf, extractionsOf } from '../storage/layout.ts';
import type { Standing } from '../storage/seal.ts';
import { isUnread, readOrError } from './read-record.ts';

/** Names that one record has; who took more took nearly all. */
export const MOST_NAMES = 100;

/** `extractions/<manager>/<snapshot>/<time>-<random>.json`: somebody has a copy of an archive, or of files in it. */
export const ExtractionRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/extraction/1'),
  manager: ManagerId,
  snapshot: SnapshotId,
  versionId: z.string().nullable(),
  /** `download`: the whole archive; `extract`: files in it. */
  what: z.enum(['download', 'extract']),
  /** How many files, and their names in the archive, the first hundred. */
  files: count.optional(),
  names: z.array(z.string().max(1000)).max(MOST_NAMES).optional(),
  size: bytes,
  /** The account on the machine, and its name: `root@backup1`. */
  by: z.string().max(500),
  at: time,
  software: z.string(),
  signature: Signature.optional(),
});
export type ExtractionRecord = z.infer<typeof ExtractionRecord>;

/** Gives its key. */
export async function recordExtraction(
  record: Omit<ExtractionRecord, 'signature'>,
  random: string,
  records: Pick<JsonRecords, 'write'>,
): Promise<string> {
  const stamp = record.at.replace(/[-:]|\.\d+/g, '');
  const key = extractionOf(record.manager, record.snapshot, `${stamp}-${random}`);
  await records.write(key, record, 'absent');
  return key;
}

export interface SeenExtraction extends Omit<ExtractionRecord, 'schema' | 'manager' | 'snapshot' | 'signature'> {
  readonly key: string;
  /** Undefined: signatures are not looked at. */
  readonly standing?: Standing | undefined;
}

export interface Extractions {
  /** The newest last. */
  readonly seen: readonly SeenExtraction[];
  /** Keys of records that cannot be read. */
  readonly unreadable: readonly string[];
}

/** Of one archive; `last`: the newest so many. What is not signed as it should be is given as well, with its standing. */
export async function readExtractions(
  { manager, snapshot }: { readonly manager: string; readonly snapshot: string },
  last: number,
  records: Pick<JsonRecords, 'read' | 'list'>,
): Promise<Extractions> {
  const listed = (await records.list(`${extractionsOf(manager)}${snapshot}/`)).slice(-last);
  const read = await mapAtMost(REQUESTS_AT_ONCE, listed, async ({ key }) => {
    const found = await readOrError(() => records.read(key, ExtractionRecord, 'any'));
    if (found === undefined || isUnread(found)) return { key, value: undefined };
    return { key, value: found.value, standing: found.standing };
  });
  return {
    seen: read.flatMap(({ key, value, standing }) => {
      if (!value) return [];
      const { schema: _, manager: _manager, snapshot: _snapshot, signature: _signature, ...rest } = value;
      return [{ ...rest, key, standing }];
    }),
    unreadable: read.flatMap(({ key, value }) => (value ? [] : [key])),
  };
}

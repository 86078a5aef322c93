import type * as z from 'zod';
import { RecordForged, StorageRefused } from '../base/errors.ts';
import type { Entry, JsonRecords } from '../storage/json-records.ts';
import { keysOf } from '../storage/layout.ts';
import { type Accepts, ADVICE, UnreadableRecord } from '../storage/record-text.ts';
import { AcceptRecord, KeepRecord, Manifest, MarkRecord, RunRecord } from './records.ts';

/** What a record says it is about. */
interface Snapshot {
  readonly manager: string;
  readonly snapshot: string;
}

/** A record of another snapshot, or of another manager, under the key of this one. */
export class SwappedRecord extends UnreadableRecord {}

const SCHEMAS = { manifest: Manifest, mark: MarkRecord, keep: KeepRecord, accept: AcceptRecord, run: RunRecord };
type Kind = keyof typeof SCHEMAS;
type RecordOf<K extends Kind> = z.infer<(typeof SCHEMAS)[K]>;

/**
 * A record of one snapshot, under its key and about that snapshot: a copy of another one's says nothing here. Undefined
 * when there is none. Throws `UnreadableRecord`, `RecordForged`, and `StorageRefused` when storage refuses this key.
 */
export async function readRecord<K extends Kind>(
  kind: K,
  { manager, snapshot }: Snapshot,
  records: Pick<JsonRecords, 'read'>,
  accepts: Accepts = 'genuine',
): Promise<Entry<RecordOf<K>> | undefined> {
  const key = keysOf(manager, snapshot)[kind];
  const entry = (await records.read(key, SCHEMAS[kind], accepts)) as Entry<RecordOf<K>> | undefined;
  if (!entry) return undefined;
  const about = aboutOf(entry.value);
  if (about.manager === manager && about.snapshot === snapshot) return entry;
  throw new SwappedRecord(
    `${key} is the ${kind === 'run' ? 'run record' : kind} of ${about.snapshot} of manager ${about.manager}: something copied it there. ${ADVICE}`,
  );
}

function aboutOf(record: RecordOf<Kind>): Snapshot {
  if (!('inventory' in record)) return record;
  return { manager: record.manager.id, snapshot: record.snapshot.id };
}

/** Why a record cannot be read. What it says concerns one archive, so nothing else may fail of it. */
export type Unread = UnreadableRecord | RecordForged | StorageRefused;

/**
 * Gives the error instead of throwing it when it is about this record alone. Storage that is away just now is not:
 * that is thrown, and whoever reads tries again.
 */
export async function readOrError<T>(read: () => Promise<T>): Promise<T | Unread> {
  try {
    return await read();
  } catch (error) {
    if (isUnread(error)) return error;
    throw error;
  }
}

export function isUnread(found: unknown): found is Unread {
  return [UnreadableRecord, RecordForged, StorageRefused].some((Kind) => found instanceof Kind);
}

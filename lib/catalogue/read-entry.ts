import { RecordForged } from '../base/errors.ts';
import type { Accepts, Entry as Found } from '../storage/json-records.ts';
import { keysOf, type RecordKind } from '../storage/layout.ts';
import type { IndexRecords } from './archive-index.ts';
import { type Entry, knownOf, type Unreadable } from './entry.ts';
import { faultOf, faultSentence, whyOf } from './faults.ts';
import { digestOf, type IndexRow } from './index-records.ts';
import { isUnread, readOrError, readRecord, SwappedRecord, type Unread } from './read-record.ts';
import type { RecordFault } from './record-fault.ts';
import type { Manifest } from './records.ts';

interface Which {
  readonly manager: string;
  readonly snapshot: string;
}

/** What lists and the index say of it. */
export interface Around {
  readonly has: { readonly mark: boolean; readonly keep: boolean; readonly accept: boolean };
  readonly stored: (
    archive: Pick<Manifest['archive'], 'key' | 'versionId' | 'size'>,
  ) => Pick<Entry, 'stored' | 'missing'>;
  readonly accepts: Accepts;
  readonly row: IndexRow | undefined;
}

/** One archive with the records around it, or why its manifest is none. */
export async function readEntry(
  of: Which,
  around: Around,
  records: IndexRecords,
): Promise<{ entry: Entry } | Unreadable> {
  const { has, stored, accepts } = around;
  const recordedAs = async <K extends 'mark' | 'keep' | 'accept'>(kind: K) => {
    const found = await readOrError(() => readRecord(kind, of, records, accepts));
    return isUnread(found) ? unread(of, kind, found) : found?.value;
  };
  const found = await readManifest(of, around, records);
  if ('why' in found) return found;
  const manifest = knownOf(found.value);
  const { versionId } = manifest.archive;
  const mark = has.mark ? await recordedAs('mark') : undefined;
  const keep = has.keep ? await recordedAs('keep') : undefined;
  const accept = has.accept ? await recordedAs('accept') : undefined;
  const entry: Entry = {
    manifest,
    standing: found.standing,
    source: {
      digest: found.digest,
      etag: found.etag,
      hasSignature: found.value.signature !== undefined,
    },
    ...stored(manifest.archive),
    mark: mark && 'schema' in mark && mark.versionId === versionId ? mark : null,
    keep: keep && 'schema' in keep ? keep : null,
    accept: accept && 'schema' in accept ? accept : null,
    unreadable: [mark, keep, accept].flatMap((one) => (one && 'why' in one ? [one] : [])),
  };
  return { entry };
}

type Read = Found<Manifest> & { readonly digest: string };

/** Looked at twice before it is called wrong: a byte may have been changed on the way. */
async function readManifest(of: Which, around: Around, records: IndexRecords): Promise<Read | Unreadable> {
  const first = await readManifestOnce(of, around, records);
  return 'why' in first && first.isForged ? await readManifestOnce(of, around, records) : first;
}

async function readManifestOnce(
  of: Which,
  { accepts, row }: Around,
  records: IndexRecords,
): Promise<Read | Unreadable> {
  const key = keysOf(of.manager, of.snapshot).manifest;
  const found = await readOrError(() => readRecord('manifest', of, records, 'any'));
  if (found === undefined) {
    const why = `${key} was removed just now.`;
    return { snapshot: of.snapshot, kind: 'manifest', key, why, isForged: false, fault: 'unreadable' };
  }
  if (isUnread(found)) return unread(of, 'manifest', found, row);
  const digest = digestOf(found.value);
  const fault = faultOf(
    {
      digest,
      recorded: found.value.times.recorded,
      hasSignature: found.value.signature !== undefined,
      standing: found.standing,
    },
    row,
  );
  if (!fault) return { ...found, digest };
  const how = faultSentence(fault, found.standing);
  if (accepts === 'any') return { ...found, digest, standing: { state: 'forged', why: how } };
  const why = whyOf(key, fault, found.standing);
  return { snapshot: of.snapshot, kind: 'manifest', key, why, isForged: true, fault, ...takenAt(row) };
}

const takenAt = (row: IndexRow | undefined) => (row ? { takenAt: row.times.snapshotReady } : {});

/** One that is of something else was put there by somebody, whatever its signature says. */
function unread(of: Which, kind: RecordKind, error: Unread, row?: IndexRow): Unreadable {
  const isSwapped = error instanceof SwappedRecord && kind === 'manifest';
  const fault: RecordFault = isSwapped ? 'swapped' : error instanceof RecordForged ? 'edited' : 'unreadable';
  const key = keysOf(of.manager, of.snapshot)[kind];
  const why = error.message;
  return { snapshot: of.snapshot, kind, key, why, isForged: fault !== 'unreadable', fault, ...takenAt(row) };
}

/** An archive whose manifest is gone before its time. */
export function missingOf(manager: string, row: IndexRow): Unreadable {
  const { snapshot } = row;
  const key = keysOf(manager, snapshot).manifest;
  const why = whyOf(key, 'missing');
  return { snapshot, kind: 'manifest', key, why, isForged: false, fault: 'missing', ...takenAt(row) };
}

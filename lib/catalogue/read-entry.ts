import { defined } from '../base/defined.ts';
import { RecordForged } from '../base/errors.ts';
import type { Entry as Found } from '../storage/json-records.ts';
import { keysOf, type RecordKind } from '../storage/layout.ts';
import type { Accepts } from '../storage/record-text.ts';
import type { Standing } from '../storage/seal.ts';
import type { IndexRecords } from './archive-index.ts';
import { type Entry, knownOf, type ManifestSource, type Unreadable } from './entry.ts';
import { faultOf, faultSentence, whyOf } from './faults.ts';
import { digestOf, type IndexRow } from './index-records.ts';
import { knowsMark, type Words } from './index-word.ts';
import { isUnread, readOrError, readRecord, SwappedRecord, type Unread } from './read-record.ts';
import type { RecordFault } from './record-fault.ts';
import type { Manifest } from './records.ts';
import { WordedEntry } from './worded-entry.ts';

interface Which {
  readonly manager: string;
  readonly snapshot: string;
}

/** What lists and the index say of it. */
export interface Around {
  /** The ETags of the records beside it; undefined: there is none. */
  readonly listed: Readonly<Record<'mark' | 'keep' | 'accept', string | undefined>>;
  readonly stored: (
    archive: Pick<Manifest['archive'], 'key' | 'versionId' | 'size'>,
  ) => Pick<Entry, 'stored' | 'missing'>;
  readonly accepts: Accepts;
  readonly row: IndexRow | undefined;
  /** By which its row stands for the manifest; undefined: it does not. */
  readonly words: Words | undefined;
}

/** One archive with the records around it, or why its manifest is none. */
export async function readEntry(
  of: Which,
  around: Around,
  records: IndexRecords,
): Promise<{ entry: Entry } | Unreadable> {
  const { listed, stored, accepts, row } = around;
  const words = row && around.words;
  const recordedAs = async <K extends 'mark' | 'keep' | 'accept'>(kind: K) => {
    const found = await readOrError(() => readRecord(kind, of, records, accepts));
    return isUnread(found) ? unread(of, kind, found) : found;
  };
  const found = words ? undefined : await readManifest(of, around, records);
  if (found && 'why' in found) return found;
  const archive = found?.manifest.archive ?? archiveOf(of, row as IndexRow);
  const isKnown = words !== undefined && knowsMark(row as IndexRow, words, listed.mark);
  const mark = listed.mark && !isKnown ? await recordedAs('mark') : undefined;
  const keep = listed.keep ? await recordedAs('keep') : undefined;
  const accept = listed.accept ? await recordedAs('accept') : undefined;
  const isMarked = mark && 'value' in mark && mark.value.versionId === archive.versionId;
  const unreadable = [mark, keep, accept].flatMap((one) => (one && 'why' in one ? [one] : []));
  const { stored: version, missing } = stored(archive);
  const beside = {
    stored: version,
    missing,
    keep: keep && 'value' in keep ? keep.value : null,
    accept: accept && 'value' in accept ? accept.value : null,
    unreadable: unreadable.length > 0 ? unreadable : NONE,
  };
  const read = isMarked ? { mark: mark.value, markSource: { etag: mark.etag, ...keyIn(mark) } } : { mark: null };
  if (found) return { entry: { ...found, ...read, ...beside } };
  return { entry: new WordedEntry(words as Words, { ...of, read: isKnown ? undefined : read, ...beside }) };
}

const NONE: readonly Unreadable[] = [];

function archiveOf({ manager, snapshot }: Which, { archive }: IndexRow) {
  return { ...archive, key: keysOf(manager, snapshot).archive };
}

const keyIn = ({ standing }: { readonly standing?: Standing | undefined }) =>
  defined({ key: standing?.state === 'signed' ? standing.key : undefined });

type OfManifest = Pick<Entry, 'manifest' | 'standing'> & { readonly source: ManifestSource };

/** Looked at twice before it is called wrong: a byte may have been changed on the way. */
async function readManifest(of: Which, around: Around, records: IndexRecords): Promise<OfManifest | Unreadable> {
  const first = await readManifestOnce(of, around, records);
  return 'why' in first && first.isForged ? await readManifestOnce(of, around, records) : first;
}

async function readManifestOnce(
  of: Which,
  { accepts, row }: Around,
  records: IndexRecords,
): Promise<OfManifest | Unreadable> {
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
  if (!fault) return readAs(found, digest, found.standing);
  const how = faultSentence(fault, found.standing);
  if (accepts === 'any') return readAs(found, digest, { state: 'forged', why: how });
  const why = whyOf(key, fault, found.standing);
  return { snapshot: of.snapshot, kind: 'manifest', key, why, isForged: true, fault, ...takenAt(row) };
}

function readAs({ value, etag }: Found<Manifest>, digest: string, standing: Standing | undefined): OfManifest {
  const hasSignature = value.signature !== undefined;
  return { manifest: knownOf(value), standing, source: { digest, etag, hasSignature, ...keyIn({ standing }) } };
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

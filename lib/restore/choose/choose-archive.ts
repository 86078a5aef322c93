import { ArchiveNotFound, RecordConflict } from '../../base/errors.ts';
import { timeOfSnapshotId } from '../../base/ids.ts';
import { type CatalogueStore, readCatalogue } from '../../catalogue/catalogue.ts';
import {
  type Entry,
  isDamaged,
  isFlagged,
  isStored,
  isUnreadable,
  newestRestorable,
  readyAt,
} from '../../catalogue/entry.ts';
import type { Manifest, MarkRecord } from '../../catalogue/records.ts';
import { unreadableText } from '../../catalogue/unreadable-text.ts';
import { keysOf } from '../../storage/layout.ts';
import type { RestoreInput } from '../input.ts';

interface ChooseDeps {
  readonly archive: CatalogueStore & { readonly bucketName: string };
}

/** A manifest whose archive is there, and what had to be passed over on the way to it. */
export interface ChosenArchive {
  readonly manifest: Manifest;
  readonly notes: readonly string[];
}

/** What is asked for, without the wish for a URL. */
export type ArchiveChoice = Pick<RestoreInput, 'archive' | 'sourceManager' | 'manager'>;

/**
 * The archive that the input asks for, by its manifest: an archive without one was never verified. Throws
 * `ArchiveNotFound`; for an id `RecordConflict` as well, when its manifest is not one.
 */
export async function findArchive(input: ArchiveChoice, deps: ChooseDeps): Promise<ChosenArchive> {
  const manager = input.sourceManager ?? input.manager;
  const { archive = 'latest' } = input;
  const all = await readCatalogue(manager, deps);
  const known: KnownArchives = { manager, ...all, bucket: deps.archive.bucketName };
  if (archive === 'latest') return newest(known, undefined);
  if (typeof archive === 'string') return byId(known, archive);
  return newest(known, new Date(archive.asOf));
}

interface KnownArchives {
  readonly manager: string;
  readonly bucket: string;
  readonly entries: readonly Entry[];
  readonly unreadable: readonly { readonly snapshot: string; readonly why: string }[];
}

/** Exactly that one, also when it is damaged: who names it may have no other. */
function byId({ manager, bucket, entries, unreadable }: KnownArchives, snapshot: string): ChosenArchive {
  const entry = entries.find(({ manifest }) => manifest.snapshot.id === snapshot);
  if (entry && isStored(entry)) return { manifest: entry.manifest, notes: [...damageNote(entry), ...flagNote(entry)] };
  const { manifest: key, archive } = keysOf(manager, snapshot);
  if (entry) {
    throw new ArchiveNotFound(
      `The archive ${snapshot} of manager ${manager} is gone from bucket ${bucket}: its manifest ${key} is there, but not the version of ${archive} that it vouches for. Choose another archive, or bring that object back.`,
    );
  }
  const why = unreadable.find((one) => one.snapshot === snapshot)?.why;
  if (why !== undefined) throw new RecordConflict(why);
  throw new ArchiveNotFound(
    `Manager ${manager} has no verified archive ${snapshot}: there is no ${key} in bucket ${bucket}. ${oneOf(idsOf(entries, unreadable), manager)}`,
  );
}

/**
 * The archive whose content is the newest, at or before `asOf`. Names tell when a run was scheduled, not when its
 * snapshot was finished, and people may repeat one late. One that a scrub found damaged is never taken; one whose
 * content is odd is, since it is what the manager last was, and that is said.
 */
function newest(known: KnownArchives, asOf: Date | undefined): ChosenArchive {
  const { manager, bucket, entries, unreadable } = known;
  const inTime = entries.filter((entry) => asOf === undefined || readyAt(entry) <= asOf.getTime());
  const found = newestRestorable(inTime);
  const passed = passedOver(inTime.slice(found ? inTime.indexOf(found) + 1 : 0), mayBeNewer(unreadable, found, asOf));
  if (found) return { manifest: found.manifest, notes: [...passed, ...damageNote(found), ...flagNote(found)] };
  const when = asOf === undefined ? '' : ` that was finished by ${asOf.toISOString()}`;
  const all = idsOf(entries, unreadable);
  throw new ArchiveNotFound(
    [
      `Manager ${manager} has no verified archive${when} in bucket ${bucket}.`,
      ...passed,
      oneOf(asOf === undefined ? [] : all, manager, all.length > 0),
    ]
      .filter(Boolean)
      .join(' '),
  );
}

/** Of a manifest that cannot be read only its name tells the time. A name without one says nothing, so it counts. */
function mayBeNewer(
  unreadable: KnownArchives['unreadable'],
  found: Entry | undefined,
  asOf: Date | undefined,
): string[] {
  const ids = unreadable.map(({ snapshot }) => snapshot);
  return ids.filter((id) => {
    const time = timeOfSnapshotId(id)?.getTime();
    if (time === undefined) return true;
    return (
      (asOf === undefined || time <= asOf.getTime()) && (!found || time >= Date.parse(found.manifest.times.scheduled))
    );
  });
}

function passedOver(entries: readonly Entry[], unreadable: readonly string[]): string[] {
  const idsWhere = (is: (entry: Entry) => boolean) => entries.filter(is).map(({ manifest }) => manifest.snapshot.id);
  const gone = idsWhere((entry) => !isStored(entry));
  const damaged = idsWhere((entry) => isStored(entry) && isDamaged(entry));
  const unknown = idsWhere((entry) => isStored(entry) && isUnreadable(entry, 'mark'));
  return [
    ...sentence(gone, 'has a manifest but no archive any more', 'have manifests but no archives any more'),
    ...sentence(damaged, 'was found damaged by a scrub', 'were found damaged by a scrub'),
    ...sentence(unknown, 'has a mark that cannot be read', 'have marks that cannot be read'),
    ...sentence(unreadable, 'has a manifest that cannot be read', 'have manifests that cannot be read'),
  ];
}

function sentence(ids: readonly string[], one: string, many: string): string[] {
  if (ids.length === 0) return [];
  const shown = [...ids].sort().reverse().slice(0, 3).join(', ');
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return [`Passed over: ${shown}${more} ${ids.length === 1 ? one : many}.`];
}

function damageNote(entry: Entry): string[] {
  if (isUnreadable(entry, 'mark')) {
    const marks = entry.unreadable.filter(({ kind }) => kind === 'mark');
    return marks.map((record) => `The archive may be damaged: ${unreadableText(record)}`);
  }
  if (!isDamaged(entry)) return [];
  const { checkedAt, error, message } = entry.mark as MarkRecord;
  return [
    `A scrub found this archive damaged on ${checkedAt} (${error ?? 'no reason given'}): ${message ?? ''}`.trim(),
  ];
}

/** More than anybody reads stands in the manifest. */
const MAX_FLAGS = 5;

function flagNote(entry: Entry): string[] {
  if (!isFlagged(entry)) return [];
  const { flags = [], snapshot } = entry.manifest;
  const falls = flags.slice(0, MAX_FLAGS).map(({ type, before, now }) => `${type} from ${before} to ${now}`);
  const more = flags.length > MAX_FLAGS ? ` and ${flags.length - MAX_FLAGS} more` : '';
  return [
    `The content of ${snapshot.id} is odd, look before you trust it: ${falls.join(', ')}${more}. An older archive may be the right one.`,
  ];
}

/** Every id that has a manifest, the newest name first. */
function idsOf(entries: readonly Entry[], unreadable: KnownArchives['unreadable']): string[] {
  const ids = [...entries.map(({ manifest }) => manifest.snapshot.id), ...unreadable.map(({ snapshot }) => snapshot)];
  return ids.sort().reverse();
}

/** What to do next: what there is, or where archives come from. */
function oneOf(ids: readonly string[], manager: string, hasSome = ids.length > 0): string {
  if (!hasSome) {
    return `It has none at all: nothing was exported from ${manager} yet, or under another name ("sourceManager").`;
  }
  const [newestId, oldest] = [ids[0], ids.at(-1)];
  if (newestId === undefined) return 'Run an export first, or name another "sourceManager".';
  return ids.length === 1
    ? `There is one manifest: ${newestId}.`
    : `There are ${ids.length} manifests, from ${oldest} to ${newestId}.`;
}

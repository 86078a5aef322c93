import { ArchiveDamaged, ArchiveGone, ArchiveNotFound, RecordConflict, RecordForged } from '../../base/errors.ts';
import type { IndexDoubt } from '../../catalogue/archive-index.ts';
import { type CatalogueStore, missingAt, type Reading, readCatalogue } from '../../catalogue/catalogue.ts';
import {
  type Entry,
  isRestorable,
  isStored,
  type KnownManifest,
  newestRestorable,
  readyAt,
  type Unreadable,
} from '../../catalogue/entry.ts';
import type { ManagerRules } from '../../config/manager-rules.ts';
import { keysOf } from '../../storage/layout.ts';
import type { Standing } from '../../storage/seal.ts';
import type { RestoreInput } from '../input.ts';
import { MOST_PASSED_OVER, type PassedOver } from '../state.ts';
import { type Freshness, staleNotes } from './freshness.ts';
import { insistText, lostIn, lostRefusal, mayBeNewer, timeOfLost } from './lost-manifests.ts';
import { adviceOf, isGone, type NextGood, nextOf, refusalOf, whyNot } from './next-good.ts';
import { foundNotes, indexNotes, notesAbout, passedOverNotes } from './passed-over.ts';

interface ChooseDeps {
  readonly archive: CatalogueStore & { readonly place: string };
  readonly clock: { readonly now: () => Date };
  readonly rulesOf?: (manager: string) => Pick<ManagerRules, 'alarmAfterHours'>;
}

/** A manifest whose archive is there, what had to be passed over on the way to it, and what could be taken instead. */
export interface ChosenArchive {
  readonly manifest: KnownManifest;
  /** Undefined: signatures are not looked at. */
  readonly standing: Standing | undefined;
  readonly notes: readonly string[];
  readonly passedOver: PassedOver;
  readonly next: NextGood | null;
}

/** What is asked for, without the wish for a URL. */
export type ArchiveChoice = Pick<
  RestoreInput,
  'archive' | 'sourceManager' | 'manager' | 'skipDamaged' | 'acceptUnsigned'
>;

/** All that is known of the archives of one manager, and when. */
export interface KnownArchives extends Freshness {
  readonly place: string;
  /** Manifests that cannot be read or relied on, and those that are gone before their time. */
  readonly unreadable: readonly Unreadable[];
  readonly doubts: readonly IndexDoubt[];
}

/** The archives that the input chooses from. By the index only for who shows what would be chosen. */
export async function knownArchives(
  input: ArchiveChoice,
  deps: ChooseDeps,
  reading: Pick<Reading, 'byIndex'> = {},
): Promise<KnownArchives> {
  const manager = input.sourceManager ?? input.manager;
  const accepts = input.acceptUnsigned ? 'any' : 'genuine';
  const catalogue = await readCatalogue(manager, deps, { ...reading, accepts });
  const { entries, index } = catalogue;
  const now = deps.clock.now();
  const unreadable = [...catalogue.unreadable, ...missingAt(manager, catalogue, now)];
  return {
    ...{ manager, place: deps.archive.place, now, entries, unreadable, doubts: index.doubts },
    index: index.head?.value,
    alarmAfterHours: deps.rulesOf?.(manager).alarmAfterHours,
  };
}

/** What `chooseArchive` gives of what is known now. */
export async function findArchive(input: ArchiveChoice, deps: ChooseDeps): Promise<ChosenArchive> {
  return chooseArchive(await knownArchives(input, deps), input, []);
}

/**
 * The archive that the input asks for, by its manifest: an archive without one was never verified. `found`: those that this
 * restore has found damaged by reading them. Throws `ArchiveNotFound`; `ArchiveGone` and `ArchiveDamaged`, which name the next
 * good one, when the newest cannot be restored and the input does not let it be passed over; for an id `RecordConflict`
 * as well, when its manifest is not one. `RecordForged`, when it is not what was signed and the input does not insist.
 */
export function chooseArchive(known: KnownArchives, input: ArchiveChoice, found: PassedOver): ChosenArchive {
  const { archive = 'latest' } = input;
  const how = { skip: input.skipDamaged === true, found };
  if (archive === 'latest') return newest(known, undefined, how);
  if (typeof archive === 'string') return byId(known, archive);
  return newest(known, new Date(archive.asOf), how);
}

const idOf = ({ manifest }: Entry) => manifest.snapshot.id;

/** Exactly that one, also when it is damaged: who names it may have no other. */
function byId(known: KnownArchives, snapshot: string): ChosenArchive {
  const { manager, place, entries, unreadable, now } = known;
  const entry = entries.find((one) => idOf(one) === snapshot);
  const next = nextOf(newestRestorable(entries.filter((one) => one !== entry)));
  if (entry && isStored(entry)) {
    const newer = entries.slice(entries.indexOf(entry) + 1).filter((one) => !isRestorable(one));
    const notes = [...notesAbout(entry), ...passedOverNotes(newer, []), ...indexNotes(known.doubts)];
    return {
      manifest: entry.manifest,
      standing: entry.standing,
      notes,
      passedOver: newer.map(passed).reverse().slice(0, MOST_PASSED_OVER),
      next,
    };
  }
  if (entry) {
    const text = `The archive ${snapshot} of manager ${manager} cannot be restored: ${whyNot(entry, place)}. Bring that object back, or choose another archive. ${adviceOf({ manager, next, maySkip: false, now })}`;
    throw isGone(entry) ? new ArchiveGone(text) : new ArchiveDamaged(text);
  }
  const lost = unreadable.find((one) => one.snapshot === snapshot);
  if (lost?.isForged) throw new RecordForged(insistText(lost));
  if (lost?.fault === 'missing')
    throw new ArchiveGone(`${lost.why} ${adviceOf({ manager, next, maySkip: false, now })}`);
  if (lost) throw new RecordConflict(lost.why);
  throw new ArchiveNotFound(
    `Manager ${manager} has no verified archive ${snapshot}: there is no ${keysOf(manager, snapshot).manifest} in ${place}. ${oneOf(idsOf(entries, unreadable), manager)}`,
  );
}

function passed(entry: Entry): PassedOver[number] {
  return { snapshot: idOf(entry), error: isGone(entry) ? 'ArchiveGone' : 'ArchiveDamaged' };
}

function passedLost({ snapshot, fault }: Unreadable): PassedOver[number] {
  return { snapshot, error: fault === 'missing' ? 'ArchiveGone' : 'RecordForged' };
}

interface How {
  /** What is gone or damaged may be passed over. */
  readonly skip: boolean;
  readonly found: PassedOver;
}

/**
 * The archive whose content is the newest, at or before `asOf`. Names tell when a run was scheduled, not when its
 * snapshot was finished, and people may repeat one late. One that is gone or damaged is passed over only if somebody wants
 * that, since an older one brings back less; one whose content is odd is taken, since it is what the manager last was,
 * and that is said.
 */
function newest(known: KnownArchives, asOf: Date | undefined, { skip, found }: How): ChosenArchive {
  const { manager, place, now, entries, unreadable } = known;
  const inTime = entries.filter((entry) => asOf === undefined || readyAt(entry) <= asOf.getTime());
  const isFound = (entry: Entry) => isRestorable(entry) && found.some(({ snapshot }) => snapshot === idOf(entry));
  const sound = inTime.filter((entry) => !isFound(entry));
  const good = newestRestorable(sound);
  const newer = inTime.slice(good ? inTime.indexOf(good) + 1 : 0);
  const read = newer.filter(isFound).reverse();
  const bad = newer.filter((entry) => !isRestorable(entry)).reverse();
  const [last, ...others] = newer.filter((entry) => isFound(entry) || !isRestorable(entry)).reverse();
  const beyond = mayBeNewer(unreadable, good, asOf);
  const lost = lostIn(beyond);
  const [newestLost, ...olderLost] = lost;
  if (!skip || !good) {
    const advised = { manager, next: nextOf(good), now };
    if (newestLost && (!last || timeOfLost(newestLost) > readyAt(last)))
      throw lostRefusal(newestLost, olderLost, advised);
    if (last) throw refusalOf({ newest: last, others: others.map(idOf), place }, advised);
  }
  const unread = newer.filter((entry) => !isFound(entry));
  const notes = [...foundNotes(read.map(idOf)), ...passedOverNotes(unread, beyond), ...indexNotes(known.doubts)];
  if (!good) throw none(known, asOf, notes);
  const errorOf = (entry: Entry) => found.find(({ snapshot }) => snapshot === idOf(entry)) ?? passed(entry);
  return {
    manifest: good.manifest,
    standing: good.standing,
    notes: [...notes, ...notesAbout(good), ...(asOf === undefined ? staleNotes(known, good) : [])],
    // Those that were read first: the others are known without that, whenever somebody looks again.
    passedOver: [...[...read, ...bad].map(errorOf), ...lost.map(passedLost)].slice(0, MOST_PASSED_OVER),
    next: nextOf(newestRestorable(sound.filter((entry) => entry !== good))),
  };
}

function none(known: KnownArchives, asOf: Date | undefined, notes: readonly string[]): ArchiveNotFound {
  const { manager, place, entries, unreadable } = known;
  const when = asOf === undefined ? '' : ` that was finished by ${asOf.toISOString()}`;
  const all = idsOf(entries, unreadable);
  const rest = oneOf(asOf === undefined ? [] : all, manager, all.length > 0);
  const text = [`Manager ${manager} has no verified archive${when} in ${place}.`, ...notes, rest];
  return new ArchiveNotFound(text.filter(Boolean).join(' '));
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

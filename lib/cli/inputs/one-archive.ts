import { ArchiveDamaged, ArchiveGone, ContractViolation, type OffsiteError } from '../../base/errors.ts';
import { SnapshotId } from '../../base/ids.ts';
import { readCatalogue } from '../../catalogue/catalogue.ts';
import { type Entry, isRestorable, isStored } from '../../catalogue/entry.ts';
import type { ManifestFilter } from '../../catalogue/list-records.ts';
import { chooseArchive, knownArchives } from '../../restore/choose/choose-archive.ts';
import { managersIn } from '../../status/managers.ts';
import { type Terminal, UsageError } from '../usage.ts';
import type { Archives } from './archives.ts';
import { managerName } from './manager-name.ts';

export interface Wanted {
  readonly manager: string;
  /** `latest`, or its id. */
  readonly archive: string;
}

/** As it was typed; undefined: a manager was not named. */
type Named = Omit<Wanted, 'manager'> & { readonly manager: string | undefined };

/** `m1/offsite-20261122T020000Z`, or the id alone. Before anything is opened. Throws `UsageError`. */
export function namedArchive(word = 'latest', flag: string | undefined): Named {
  const [first = '', ...rest] = word.split('/');
  const [of, archive] = rest.length === 0 ? [flag, first] : [first, rest.join('/')];
  if (rest.length > 0 && flag !== undefined && flag !== first) {
    throw new UsageError(`${word} is an archive of manager ${first}, and --manager says ${flag}.`);
  }
  const manager = managerName(of);
  if (archive === 'latest' || SnapshotId.safeParse(archive).success) return { manager, archive };
  const list = `offsite list${manager === undefined ? '' : ` --manager ${manager}`}`;
  throw new UsageError(`${archive}: is not the id of an archive. ${list} shows them.`);
}

/** The same, of the only manager if none was named. Throws `UsageError`. */
export async function wantedOf(
  word: string | undefined,
  flag: string | undefined,
  { archive: { records } }: Pick<Archives, 'archive'>,
): Promise<Wanted> {
  const { manager, archive } = namedArchive(word, flag);
  if (manager !== undefined) return { manager, archive };
  const [only, ...others] = await managersIn(records);
  if (only === undefined) throw new UsageError('No manager has an archive here. Add --manager NAME.');
  if (others.length === 0) return { manager: only, archive };
  const some = [only, ...others].slice(0, MOST_NAMED).join(', ');
  const more = others.length < MOST_NAMED ? '' : ` and ${others.length + 1 - MOST_NAMED} more`;
  throw new UsageError(
    `No manager is named, and there are archives of ${some}${more}. Add --manager NAME, or say MANAGER/ARCHIVE.`,
  );
}

/** Of managers in a message. */
const MOST_NAMED = 10;

export interface ArchiveName {
  readonly manager: string;
  readonly snapshot: string;
}

/** An archive by its id: what is decided of it stays with it, and `latest` is another one tomorrow. Throws `UsageError`. */
export function whichArchive(given: { manager?: string | undefined; archive: string }): ArchiveName {
  const { manager, archive: snapshot } = namedArchive(given.archive, given.manager);
  if (manager === undefined) throw new UsageError('No manager is named: add --manager NAME, or say MANAGER/ARCHIVE.');
  if (snapshot !== 'latest') return { manager, snapshot };
  throw new UsageError(`latest: give the id of the archive. offsite list --manager ${manager} shows it.`);
}

export interface Found {
  readonly entry: Entry;
  readonly notes: readonly string[];
  /** Why a restore would not take it, with what it could take instead. */
  readonly refusal?: OffsiteError;
}

/**
 * By its id without reading the others, if it is there; the latest is the one that a restore would take, or would refuse by
 * name. Throws `ArchiveNotFound`.
 */
export async function find(
  wanted: Wanted,
  archives: Archives,
  clock: Terminal['clock'],
  reading?: Parameters<typeof knownArchives>[2],
): Promise<Found> {
  const { manager, archive } = wanted;
  const isWanted = ({ manifest }: Entry) => manifest.snapshot.id === archive;
  if (archive !== 'latest') {
    const ofThisName: ManifestFilter = (all) => all.filter(({ key }) => key.endsWith(`/${archive}.json`));
    const entry = (await readCatalogue(manager, archives, { choose: ofThisName })).entries.find(isWanted);
    if (entry && isStored(entry)) return { entry, notes: [] };
  }
  const known = await knownArchives(wanted, { archive: archives.archive, clock }, reading);
  try {
    const { manifest, notes } = chooseArchive(known, wanted, []);
    const entry = known.entries.find((one) => one.manifest === manifest);
    if (entry) return { entry, notes };
    throw new ContractViolation(`${manifest.archive.key} was chosen, and is not among those that are known.`);
  } catch (refusal) {
    if (!(refusal instanceof ArchiveGone || refusal instanceof ArchiveDamaged)) throw refusal;
    const entry =
      archive === 'latest' ? known.entries.findLast((one) => !isRestorable(one)) : known.entries.find(isWanted);
    // It is about one of which there is no manifest.
    if (!entry || !refusal.message.includes(entry.manifest.snapshot.id)) throw refusal;
    return { entry, notes: [], refusal };
  }
}

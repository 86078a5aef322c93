import { ArchiveDamaged, ArchiveGone, ContractViolation, type OffsiteError } from '../../base/errors.ts';
import { SnapshotId } from '../../base/ids.ts';
import { type ManifestFilter, readCatalogue } from '../../catalogue/catalogue.ts';
import { type Entry, isRestorable, isStored } from '../../catalogue/entry.ts';
import { chooseArchive, knownArchives } from '../../restore/choose/choose-archive.ts';
import { type Terminal, UsageError } from '../usage.ts';
import type { Archives } from './archives.ts';
import { managerName } from './manager-name.ts';

export interface Wanted {
  readonly manager: string;
  /** `latest`, or its id. */
  readonly archive: string;
}

/** `m1/offsite-20261122T020000Z`, or the id alone with `--manager m1`. */
export function wantedOf(word = 'latest', flag: string | undefined): Wanted {
  const [first = '', ...rest] = word.split('/');
  const [of, archive] = rest.length === 0 ? [flag, first] : [first, rest.join('/')];
  if (rest.length > 0 && flag !== undefined && flag !== first) {
    throw new UsageError(`${word} is an archive of manager ${first}, and --manager says ${flag}.`);
  }
  const manager = managerName(of);
  if (manager === undefined) {
    throw new UsageError(
      'Two managers may have archives of the same name: add --manager NAME, or say MANAGER/ARCHIVE.',
    );
  }
  if (SnapshotId.safeParse(archive).success) return { manager, archive };
  throw new UsageError(`${archive}: is not the id of an archive. offsite list --manager ${manager} shows them.`);
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

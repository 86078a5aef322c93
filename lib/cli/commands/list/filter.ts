import { type Entry, isDamaged, isStored } from '../../../catalogue/entry.ts';
import type { ExpireTag } from '../../../config/lifecycle.ts';
import { defaultRules } from '../../../config/manager-rules.ts';
import { decidedTags } from '../../../retention/decided-tags.ts';
import type { Given } from '../../command.ts';
import type { Archives } from '../../inputs/archives.ts';
import { knownRules } from '../../inputs/retention-rules.ts';
import type { Terminal } from '../../usage.ts';
import type { listLiteral } from './command.ts';

type ListGiven = Given<typeof listLiteral>;

/** The entries that the options ask for, in the order that they ask for. */
export async function wanted(
  entries: readonly Entry[],
  given: ListGiven,
  archives: Archives,
  { clock }: Terminal,
): Promise<Entry[]> {
  const { since, until, damaged, sort } = given;
  const classes = given.class === undefined ? undefined : await classesOf(entries, given, archives, clock.now());
  const isWanted = (entry: Entry) => {
    const takenAt = new Date(timeOf(entry));
    if ((since && takenAt < since) || (until && takenAt >= until)) return false;
    if (damaged && !isDamaged(entry) && isStored(entry)) return false;
    return classes === undefined || classes.get(entry.manifest.archive.key) === given.class;
  };
  const found = entries.filter(isWanted);
  return sort === undefined ? found : found.sort(ORDERS[sort]);
}

const timeOf = ({ manifest }: Entry) => manifest.times.snapshotReady;
const sizeOf = ({ manifest }: Entry) => manifest.archive.size;

/** The last is the newest, or the largest, as without it. */
const ORDERS: Readonly<Record<'taken' | 'size', (a: Entry, b: Entry) => number>> = {
  taken: (a, b) => Date.parse(timeOf(a)) - Date.parse(timeOf(b)),
  size: (a, b) => sizeOf(a) - sizeOf(b),
};

/** What retention makes of each archive by the rules that are configured, by its key. */
async function classesOf(entries: readonly Entry[], given: ListGiven, archives: Archives, now: Date) {
  const names = [...new Set(entries.map(({ manifest }) => manifest.manager.id))];
  const rules = await Promise.all(
    names.map(async (name) => [name, (await knownRules(name, given.config, archives.installation)).rules] as const),
  );
  const byName = new Map(rules);
  const rulesOf = (name: string) => byName.get(name) ?? defaultRules;
  const tags: ReadonlyMap<string, ExpireTag> = await decidedTags(names, { archive: archives.archive, rulesOf, now });
  return tags;
}

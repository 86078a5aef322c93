import { mapAtMost } from '../base/concurrency.ts';
import { type CatalogueStore, readCatalogue } from '../catalogue/catalogue.ts';
import type { ExpireTag } from '../config/lifecycle.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { keysOf } from '../storage/layout.ts';
import { decide } from './decide.ts';

interface DecidedDeps {
  readonly archive: CatalogueStore;
  readonly rulesOf: (manager: string) => Pick<ManagerRules, 'timeZone' | 'retention'>;
  readonly now: Date;
}

/**
 * The tag that every object should have, by its key: for a store that has no tags. What is of no archive, or of one with a
 * record that cannot be read, is not among them, so it stays.
 */
export async function decidedTags(
  managers: readonly string[],
  { archive, rulesOf, now }: DecidedDeps,
): Promise<ReadonlyMap<string, ExpireTag>> {
  const all = await mapAtMost(1, managers, async (manager) => {
    const { entries } = await readCatalogue(manager, { archive }, { byIndex: true });
    const known = decide(entries, rulesOf(manager), now).filter(({ entry }) => entry.unreadable.length === 0);
    return known.flatMap(({ entry, expire }) => {
      const { manifest, inspection } = keysOf(manager, entry.manifest.snapshot.id);
      const keys = [entry.manifest.archive.key, inspection, manifest];
      return keys.map((key) => [key, expire] as const);
    });
  });
  return new Map(all.flat());
}

import type { IndexRow } from '../catalogue/index-records.ts';
import { updateIndex, type WriteIndexDeps } from '../catalogue/write-index.ts';
import { managerOfRecordKey, snapshotOfRecordKey } from '../storage/layout.ts';

/**
 * Writes into the index which archives are about to be hidden, by the keys of their manifests, before it is done. Gives why
 * it could not be, by manager: what is not in the index must not go. A place without an index gets none.
 */
export async function recordExpired(
  manifests: readonly string[],
  deps: WriteIndexDeps,
): Promise<ReadonlyMap<string, string>> {
  const byManager = Map.groupBy(manifests, (key) => managerOfRecordKey('manifest', key) ?? '');
  const refused = new Map<string, string>();
  for (const [manager, keys] of byManager) {
    const ids = new Set(keys.flatMap((key) => snapshotOfRecordKey('manifest', manager, key) ?? []));
    const since = deps.clock.now().toISOString();
    const result = await updateIndex(
      { manager, snapshots: [...ids] },
      (rows) => new Map([...ids].flatMap((id) => expired(rows.get(id), since))),
      deps,
    );
    if (result === 'busy') refused.set(manager, `The index of manager ${manager} kept changing meanwhile.`);
    else if (result[0]) refused.set(manager, result[0].why);
  }
  return refused;
}

function expired(row: IndexRow | undefined, since: string): (readonly [string, IndexRow])[] {
  return row?.fate === 'recorded' ? [[row.snapshot, { ...row, fate: 'expired', since }]] : [];
}

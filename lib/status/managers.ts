import { ManagerId } from '../base/ids.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { prefixOf } from '../storage/layout.ts';

/** Managers that the bucket knows of: those that were exported, or tried to be. One list a folder, whatever is in it. */
export async function managersIn(records: Pick<JsonRecords, 'folders'>): Promise<string[]> {
  const found = await Promise.all((['manifests', 'runs'] as const).map((folder) => records.folders(prefixOf(folder))));
  return [...new Set(found.flat())].filter((name) => ManagerId.safeParse(name).success).sort();
}

/** Managers that a command is about: those that are configured, and those that the bucket knows of. In order. */
export async function allManagers(
  config: OffsiteConfig | undefined,
  records: Pick<JsonRecords, 'folders'>,
): Promise<string[]> {
  const configured = config?.managers.map(({ id }) => id) ?? [];
  return [...new Set([...configured, ...(await managersIn(records))])].sort();
}

/** Managers that have an index of archives: of the others nothing is asked for. */
export async function indexedIn(records: Pick<JsonRecords, 'folders'>): Promise<ReadonlySet<string>> {
  return new Set(await records.folders(prefixOf('indexes')));
}

import { ManagerId } from '../base/ids.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import type { Deps } from '../deps.ts';
import { prefixOf } from '../storage/layout.ts';
import type { Finding } from './findings.ts';

/**
 * Archives × the configuration: a manager that was renamed or removed there has neither a schedule nor an alarm, and no
 * reconciliation of its own that could say so. Found with one manager only, which its rules say, as the bucket is one.
 */
export async function judgeManagers({ named }: ManagerRules, { archive }: Pick<Deps, 'archive'>): Promise<Finding[]> {
  if (named === undefined) return [];
  const stored = await archive.records.folders(prefixOf('manifests'));
  return stored
    .filter((name) => ManagerId.safeParse(name).success && !named.includes(name))
    .map((name) => ({
      kind: 'UnknownManager',
      about: name,
      message: `The bucket has archives of manager ${name}, and the configuration does not name it: nothing backs it up, no alarm watches it, and its newest archives never expire. If this is on purpose, add ${name} to formerManagers (docs/how-to/add-a-manager.md, "Rename a manager"). Otherwise put it back into managers, with "secret": { "id": "<name>/managers/${name}" }.`,
    }));
}

import type { ManagerConfig } from '../config/manager-config.ts';
import { timingOf } from '../config/manager-timing.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { type Finding, finding } from './finding.ts';

/** A drill wipes its target, and the restored manager takes the machines of production for its own. */
export function lintDrills(config: OffsiteConfig): Finding[] {
  const { managers, formerManagers } = config;
  const refused = managers.flatMap(({ id, drill }) => {
    const target = managers.find((manager) => manager.id === drill?.onto);
    if (!target || (target.drillTarget && target.id !== id)) return [];
    const why =
      target.id === id ? 'is the manager itself' : 'does not have "drillTarget": true, so it may be production';
    return [finding('DrillOntoProduction', `managers.${id}.drill.onto ${target.id} ${why}: a drill overwrites it.`)];
  });
  const exported = managers
    .filter((manager) => manager.drillTarget && timingOf(config, manager).schedule !== null)
    .map(({ id }) =>
      finding(
        'DrillTargetIsExported',
        `managers.${id} is a target of drills and exported on a schedule: what drills leave on it becomes its latest archive. If it is only for drills, set its schedule to null.`,
      ),
    );
  return [
    ...refused,
    ...exported,
    ...managers.flatMap((manager) => lintSources(manager, { managers, formerManagers })),
  ];
}

type Named = Pick<OffsiteConfig, 'managers' | 'formerManagers'>;

/** Whose credentials may be sent where: what is missing is known only when a restore has ended, months later. */
function lintSources({ id, restoreFrom = [], drill }: ManagerConfig, { managers, formerManagers }: Named): Finding[] {
  const unknown = restoreFrom
    .filter((source) => !managers.some((manager) => manager.id === source) && !formerManagers.includes(source))
    .map((source) =>
      finding(
        'UnknownRestoreSource',
        `managers.${id}.restoreFrom names ${source}, and managers has no such manager. Check the spelling. If ${source} no longer exists and its archives do, add it to formerManagers, and keep its secret: restores of its archives need it.`,
      ),
    );
  const target = managers.find((manager) => manager.id === drill?.onto);
  if (!target?.drillTarget || target.id === id || target.restoreFrom || target.restoredCredentials) return unknown;
  const without = finding(
    'DrillWithoutCredentials',
    `managers.${id}.drill.onto ${target.id}: after a drill with a legacy archive ${target.id} takes the passwords of ${id}, and the configuration does not let them be sent to it, so no such drill succeeds. Name ${id} in restoreFrom of ${target.id}, or a secret in its restoredCredentials. If all archives are of the new format, set restoreFrom to [].`,
  );
  return [...unknown, without];
}

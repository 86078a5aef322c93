import { timingOf } from '../../config/manager-timing.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { type Finding, finding } from './finding.ts';

/** A drill wipes its target, and the restored manager takes the machines of production for its own. */
export function lintDrills(config: OffsiteConfig): Finding[] {
  const { managers } = config;
  const refused = managers.flatMap(({ id, drill }) => {
    const target = managers.find((manager) => manager.id === drill?.onto);
    if (!target || (target.drillTarget && target.id !== id)) return [];
    const why =
      target.id === id ? 'is the manager itself' : 'is not marked "drillTarget": true, so it may be production';
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
  return [...refused, ...exported];
}

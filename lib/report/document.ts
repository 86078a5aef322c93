import type { FleetReport, Origin } from './model/fleet-report.ts';
import type { ManagerReport } from './model/manager-report.ts';

/** The schema of the JSON documents; tools/schemas/report.ts and report-manager.ts describe their fields. */
const SCHEMA = 'cloudify-offsite/report/1';

/** What `--json` prints of all managers: verdict, a row for each, policy and controls. */
export function fleetDocument({ origin, rows, ...rest }: FleetReport): object {
  return { schema: SCHEMA, ...originOf(origin), ...rest, worst: rest.worst?.manager ?? null, managers: rows };
}

/** What it prints of one: every run, archive, restore and input. */
export function managerDocument(report: ManagerReport, origin: Origin): object {
  const { simulated: _, ...facts } = report;
  return { schema: SCHEMA, ...originOf(origin), ...facts };
}

function originOf({ place, installation, configured, software, period }: Origin): object {
  return {
    ...{ place, installation, configured, software },
    madeAt: period.now.toISOString(),
    since: period.since.toISOString(),
    until: period.until.toISOString(),
  };
}

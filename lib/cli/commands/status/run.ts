import { configDigest } from '../../../config/config-digest.ts';
import { allManagers } from '../../../status/managers.ts';
import { type ManagerStatus, statusOf } from '../../../status/status.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { expectedBy } from '../../inputs/expected-runs.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { localTime } from '../../text/local-time.ts';
import { tableText } from '../../text/table.ts';
import { EXIT, formatAge, formatBytes, type Terminal } from '../../usage.ts';
import type { statusLiteral } from './command.ts';

/** `offsite status`: one line for each manager. Exit code 1 when one of them has no archive, or a stale one. */
export async function statusCommand(given: Given<typeof statusLiteral>, terminal: Terminal): Promise<number> {
  const only = managerName(given.manager);
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  return await withArchives(
    given,
    terminal,
    'read',
    async ({ archive, place, installation, configuration, schedules }) => {
      const config = named ?? (await readConfig(undefined, installation));
      const now = terminal.clock.now();
      const wanted = only === undefined ? await allManagers(config, archive.records) : [only];
      const expected = expectedBy(config, await schedules(wanted), now);
      const managers = await statusOf({ managers: wanted, archive, now, expected });
      const isDeployed = config && configuration ? configDigest(config) === configuration : null;
      const document = { place, configured: config !== undefined, isDeployed, at: now.toISOString(), managers };
      if (isDeployed === false) terminal.err.write(`offsite: ${NOT_DEPLOYED}\n`);
      if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
      else terminal.out.write(textOf(managers, place, { now, terminal }));
      return managers.some(({ needsAttention }) => needsAttention) ? EXIT.failed : EXIT.ok;
    },
  );
}

const NOT_DEPLOYED =
  'the configuration file is not the one that is deployed (or another version of this software deployed it). Deploy it, or name the other one with --config.';

const headsOf = (nextRun: string) => [
  ...['MANAGER', 'LAST ARCHIVE', 'SIZE', 'LAST RUN', nextRun, 'LAST DRILL', 'LOOK AT'],
];

function textOf(
  managers: readonly ManagerStatus[],
  place: string,
  { now, terminal }: { now: Date; terminal: Terminal },
): string {
  if (managers.length === 0) return `There are no managers in ${place}, and none in a configuration.\n`;
  const byFile = managers.some(({ nextRunBy, nextRun }) => nextRunBy === 'file' && nextRun !== 'unknown');
  return tableText(
    headsOf(byFile ? 'NEXT RUN BY FILE' : 'NEXT RUN'),
    managers.map((one) => rowOf(one, now, terminal)),
  );
}

function rowOf(
  { manager, archive, lastRun, nextRun, lastDrill, marks }: ManagerStatus,
  now: Date,
  terminal: Terminal,
): string[] {
  const ago = (time: string) => `${formatAge((now.getTime() - Date.parse(time)) / 1000)} ago`;
  const rto = lastDrill?.rtoSeconds == null ? '' : `, RTO ${formatAge(lastDrill.rtoSeconds)}`;
  return [
    manager,
    archive ? `${formatAge(archive.ageSeconds)} old` : '-',
    archive ? formatBytes(archive.size) : '-',
    lastRun ? `${lastRun.state} ${ago(lastRun.at)}` : '-',
    localTime(nextRun, terminal),
    lastDrill ? `${ago(lastDrill.at)}${rto}` : '-',
    marks.join('; '),
  ];
}

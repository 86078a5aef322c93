import { expectedOf } from '../../status/expected.ts';
import { managersIn } from '../../status/managers.ts';
import { type ManagerStatus, statusOf } from '../../status/status.ts';
import { ARCHIVES_FLAGS, openArchives, refuseOtherWay } from '../options/archives.ts';
import { readConfig } from '../options/config-file.ts';
import { managerFlag } from '../options/manager.ts';
import { tableText } from '../text/table.ts';
import { EXIT, formatAge, formatBytes, parseFlags, type Terminal } from '../usage.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `offsite status`: one line for each manager. Exit code 1 when one of them has no archive, or a stale one. */
export async function statusCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseFlags('status', args, flags);
  refuseOtherWay(given);
  const only = managerFlag(given.manager);
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  const archives = await openArchives(given, terminal);
  try {
    const config = named ?? (await readConfig(undefined, archives.installation));
    const configured = config?.managers.map(({ id }) => id) ?? [];
    const seen = await managersIn(archives.archive.records);
    const all = [...new Set([...configured, ...seen])].sort();
    const now = terminal.clock.now();
    const managers = await statusOf({
      managers: only === undefined ? all : [only],
      archive: archives.archive,
      now,
      expected: (manager) => expectedOf(config, manager, now),
    });
    const document = { place: archives.place, configured: config !== undefined, at: now.toISOString(), managers };
    if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
    else terminal.out.write(textOf(managers, archives.place, now));
    return managers.some(({ needsAttention }) => needsAttention) ? EXIT.failed : EXIT.ok;
  } finally {
    await archives.close();
  }
}

const HEADS = ['MANAGER', 'LAST ARCHIVE', 'SIZE', 'LAST RUN', 'NEXT RUN', 'LAST DRILL', 'LOOK AT'];

function textOf(managers: readonly ManagerStatus[], place: string, now: Date): string {
  if (managers.length === 0) return `There are no managers in ${place}, and none in a configuration.\n`;
  return tableText(
    HEADS,
    managers.map((one) => rowOf(one, now)),
  );
}

function rowOf({ manager, archive, lastRun, nextRun, lastDrill, marks }: ManagerStatus, now: Date): string[] {
  const ago = (time: string) => `${formatAge((now.getTime() - Date.parse(time)) / 1000)} ago`;
  const rto = lastDrill?.rtoSeconds == null ? '' : `, RTO ${formatAge(lastDrill.rtoSeconds)}`;
  return [
    manager,
    archive ? `${formatAge(archive.ageSeconds)} old` : '-',
    archive ? formatBytes(archive.size) : '-',
    lastRun ? `${lastRun.state} ${ago(lastRun.at)}` : '-',
    nextRun.replace(/:\d\d\.\d+Z$/, 'Z'),
    lastDrill ? `${ago(lastDrill.at)}${rto}` : '-',
    marks.join('; '),
  ];
}

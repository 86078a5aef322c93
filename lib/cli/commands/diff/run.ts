import { type Changes, diffArchives } from '../../../access/diff.ts';
import { csvLine } from '../../../base/csv.ts';
import { printable } from '../../../base/printable.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { namedArchive } from '../../inputs/one-archive.ts';
import { type OpenedArchive, openArchive } from '../../inputs/opened-archive.ts';
import { localTime } from '../../text/local-time.ts';
import { rowsText } from '../../text/rows.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { diffLiteral } from './command.ts';

type Item = Changes['came'][number];

/** `offsite diff BEFORE AFTER`: what came and what went between two archives. */
export async function diffCommand(given: Given<typeof diffLiteral>, terminal: Terminal): Promise<number> {
  // Before anything is opened.
  for (const archive of [given.before, given.after]) namedArchive(archive, given.manager);
  return await withArchives(given, terminal, 'read', async (archives) => {
    const open = async (archive: string) => await openArchive({ archive, manager: given.manager }, archives, terminal);
    const sides = [await open(given.before), await open(given.after)] as const;
    const [before, after] = sides;
    const isOneManager = before.entry.manifest.manager.id === after.entry.manifest.manager.id;
    const changes = await diffArchives(comparedOf(before), comparedOf(after), {
      isOneManager,
      signal: terminal.interrupt,
    });
    const counts = countsOf(before, after);
    terminal.out.write(textOf(given, terminal, { sides, changes, counts }));
    return given.exitCode && isDifferent(changes) ? EXIT.failed : EXIT.ok;
  });
}

const comparedOf = ({ source, label, entry }: OpenedArchive) => ({
  source,
  label,
  format: entry.manifest.snapshot.format,
});

interface Compared {
  readonly sides: readonly [OpenedArchive, OpenedArchive];
  readonly changes: Changes;
  readonly counts: Readonly<Record<string, { readonly before: number; readonly after: number }>>;
}

const isDifferent = ({ came, went }: Changes) => came.length + went.length > 0;

/** Types of which one has more than the other, by the inventories in the manifests. */
function countsOf({ entry: before }: OpenedArchive, { entry: after }: OpenedArchive): Compared['counts'] {
  const [a, b] = [before.manifest.inventory.totals, after.manifest.inventory.totals];
  const types = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const rows = types.map((type) => [type, { before: a[type] ?? 0, after: b[type] ?? 0 }] as const);
  return Object.fromEntries(rows.filter(([, row]) => row.before !== row.after));
}

function textOf(given: Given<typeof diffLiteral>, terminal: Terminal, { sides, changes, counts }: Compared): string {
  if (given.csv) return csvOf(changes);
  const [before, after] = sides.map(sideOf);
  const outcome = isDifferent(changes) ? 'different' : 'same';
  if (given.json) return `${JSON.stringify({ outcome, before, after, ...changes, counts }, null, 2)}\n`;
  const named = (side: ReturnType<typeof sideOf> | undefined) =>
    side ? `${side.manager}/${side.archive}, taken ${localTime(side.takenAt, terminal)}, ${side.format} format` : '';
  const heads = rowsText([
    ['Before', named(before)],
    ['After', named(after)],
  ]);
  const lines = [
    ...changes.came.map((item) => `+ ${itemText(item)}`),
    ...changes.went.map((item) => `- ${itemText(item)}`),
    ...(isDifferent(changes) ? [] : ['No named item came or went.']),
    ...Object.entries(counts).map(([type, row]) => `# ${type}: ${row.before} before, ${row.after} after`),
  ];
  return `${heads}${lines.map((line) => `${printable(line)}\n`).join('')}`;
}

function sideOf({ entry: { manifest } }: OpenedArchive) {
  const { manager, snapshot, times } = manifest;
  const { format, version } = snapshot;
  return { manager: manager.id, archive: snapshot.id, takenAt: times.snapshotReady, format, version };
}

const SINGULAR: Readonly<Record<Item['type'], string>> = {
  ...{ tenants: 'tenant', users: 'user', user_groups: 'user group', sites: 'site', plugins: 'plugin' },
  ...{ secrets: 'secret', blueprints: 'blueprint', deployments: 'deployment' },
};

function itemText({ type, tenant, id, name, version }: Item): string {
  const known = [name, ...(version === undefined ? [] : [version]), ...(name === id ? [] : [`(${id})`])].join(' ');
  return `${SINGULAR[type]} ${known}${tenant === null ? '' : ` in ${tenant}`}`;
}

function csvOf({ came, went }: Changes): string {
  const rowOf = (change: string) => (item: Item) => [change, item.type, item.tenant, item.id, item.name, item.version];
  const rows = [...came.map(rowOf('came')), ...went.map(rowOf('went'))];
  return [['change', 'type', 'tenant', 'id', 'name', 'version'], ...rows].map(csvLine).join('');
}

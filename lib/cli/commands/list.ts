import { mapAtMost } from '../../base/concurrency.ts';
import { type Catalogue, readCatalogue } from '../../catalogue/catalogue.ts';
import { type Entry, isDamaged, isFlagged, isKept, isStored } from '../../catalogue/entry.ts';
import { managersIn } from '../../status/managers.ts';
import { newestOnly } from '../../status/newest.ts';
import { ARCHIVES_FLAGS, type Archives, openArchives, refuseOtherWay } from '../options/archives.ts';
import { managerFlag } from '../options/manager.ts';
import { wordsOf } from '../text/archive-words.ts';
import { tableText } from '../text/table.ts';
import { EXIT, formatBytes, parseFlags, parseWhole, type Terminal } from '../usage.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  last: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** Managers whose records are read at once, each with up to 20 requests under way. */
const AT_ONCE = 2;

/** `offsite list`: the archives that there are, the newest last. */
export async function listCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseFlags('list', args, flags);
  refuseOtherWay(given);
  const only = managerFlag(given.manager);
  const last = given.last === undefined ? undefined : parseWhole('last', given.last, 1, 100_000);
  const archives = await openArchives(given, terminal);
  try {
    const managers = only === undefined ? await managersIn(archives.archive.records) : [only];
    const catalogues = await mapAtMost(AT_ONCE, managers, async (manager) => {
      const catalogue = await readCatalogue(manager, archives, last === undefined ? undefined : newestOnly(last));
      return { manager, ...catalogue, entries: catalogue.entries.slice(last === undefined ? 0 : -last) };
    });
    show(catalogues, archives, { only, json: given.json === true }, terminal);
    return EXIT.ok;
  } finally {
    await archives.close();
  }
}

type Listed = Pick<Catalogue, 'entries' | 'unreadable'> & { readonly manager: string };

function show(
  all: readonly Listed[],
  { place }: Archives,
  { only, json }: { only: string | undefined; json: boolean },
  { out, err, clock }: Terminal,
): void {
  const now = clock.now();
  const entries = all.flatMap((one) => one.entries);
  const unreadable = all.flatMap((one) => one.unreadable);
  if (json) {
    const document = { place, archives: entries.map((entry) => documentOf(entry, now)), unreadable };
    out.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  if (entries.length === 0) out.write(`There are no archives${only ? ` of manager ${only}` : ''} in ${place}.\n`);
  else
    out.write(
      tableText(
        HEADS,
        entries.map((entry) => rowOf(entry, now)),
      ),
    );
  for (const { why } of unreadable) err.write(`offsite: ${why} Whether there is an archive nobody can tell.\n`);
}

const HEADS = ['MANAGER', 'ARCHIVE', 'TAKEN', 'SIZE', 'FORMAT', 'NOTES'];

function rowOf(entry: Entry, now: Date): string[] {
  const { manager, snapshot, archive, times } = entry.manifest;
  const taken = times.snapshotReady.replace(/:\d\d(\.\d+)?Z$/, 'Z');
  const format = `${snapshot.format} ${snapshot.version}`;
  return [manager.id, snapshot.id, taken, formatBytes(archive.size), format, wordsOf(entry, now).join(', ')];
}

/** One archive in the JSON of `list`; docs/cli.md explains every field. */
function documentOf(entry: Entry, now: Date) {
  const { manifest, mark, keep, stored } = entry;
  return {
    manager: manifest.manager.id,
    snapshot: manifest.snapshot.id,
    key: manifest.archive.key,
    versionId: manifest.archive.versionId,
    size: manifest.archive.size,
    format: manifest.snapshot.format,
    snapshotVersion: manifest.snapshot.version,
    takenAt: manifest.times.snapshotReady,
    verifiedAt: mark?.result === 'sound' ? mark.checkedAt : manifest.verification.verifiedAt,
    stored: isStored(entry),
    storageClass: stored?.storageClass ?? null,
    damaged: isDamaged(entry),
    flagged: isFlagged(entry),
    kept: isKept(entry, now),
    keptUntil: keep?.until ?? null,
  };
}

import { unreadableOf } from '../../../catalogue/catalogue.ts';
import { type Entry, isDamaged, isFlagged, isKept, isStored } from '../../../catalogue/entry.ts';
import { unreadableText } from '../../../catalogue/unreadable-text.ts';
import { listArchives } from '../../../status/list-archives.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { wordsOf } from '../../text/archive-words.ts';
import { signedBy, strangeKeys } from '../../text/signature-words.ts';
import { tableText } from '../../text/table.ts';
import { EXIT, formatBytes, type Terminal } from '../../usage.ts';
import type { listLiteral } from './command.ts';

/** `offsite list`: the archives that there are, the newest last. */
export async function listCommand(given: Given<typeof listLiteral>, terminal: Terminal): Promise<number> {
  const only = managerName(given.manager);
  const { out, err, clock } = terminal;
  return await withArchives(given, terminal, 'read', async ({ archive, place }) => {
    const listed = await listArchives({ manager: only, last: given.last }, archive);
    const { entries } = listed;
    const unreadable = unreadableOf(listed);
    const now = clock.now();
    if (given.json) {
      const document = { place, archives: entries.map((entry) => documentOf(entry, now)), unreadable };
      out.write(`${JSON.stringify(document, null, 2)}\n`);
      return EXIT.ok;
    }
    const rows = entries.map((entry) => rowOf(entry, now));
    out.write(
      rows.length > 0
        ? tableText(HEADS, rows)
        : `There are no archives${only ? ` of manager ${only}` : ''} in ${place}.\n`,
    );
    for (const line of strangeKeys(entries)) err.write(`offsite: ${line}\n`);
    for (const record of unreadable) err.write(`offsite: ${unreadableText(record)}\n`);
    return EXIT.ok;
  });
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
    missing: entry.missing,
    storageClass: stored?.storageClass ?? null,
    damaged: isDamaged(entry),
    flagged: isFlagged(entry),
    kept: isKept(entry, now),
    keptUntil: keep?.until ?? null,
    signed: signedBy(entry),
  };
}

import { csvLine } from '../../../base/csv.ts';
import { unreadableOf } from '../../../catalogue/catalogue.ts';
import { type Entry, isDamaged, isFlagged, isKept, isStored } from '../../../catalogue/entry.ts';
import { unreadableText } from '../../../catalogue/unreadable-text.ts';
import { listArchives } from '../../../status/list-archives.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { wordsOf } from '../../text/archive-words.ts';
import { jsonPieces } from '../../text/json-pieces.ts';
import { localTime } from '../../text/local-time.ts';
import { signedBy, strangeKeys } from '../../text/signature-words.ts';
import { tablePieces } from '../../text/table.ts';
import { EXIT, formatBytes, type Terminal } from '../../usage.ts';
import type { listLiteral } from './command.ts';
import { wanted } from './filter.ts';

/** `offsite list`: the archives that there are, the newest last. */
export async function listCommand(given: Given<typeof listLiteral>, terminal: Terminal): Promise<number> {
  const only = managerName(given.manager);
  const { out, err, clock } = terminal;
  return await withArchives(given, terminal, 'read', async (archives) => {
    const { archive, place } = archives;
    const now = clock.now();
    const listed = await listArchives({ manager: only, last: given.last, now }, archive);
    const { doubts: index } = listed;
    const entries = await wanted(listed.entries, given, archives, terminal);
    const unreadable = unreadableOf(listed);
    if (given.json) {
      const each = { items: entries, of: (entry: Entry) => documentOf(entry, now) };
      for (const piece of jsonPieces({ place }, 'archives', each, { unreadable, index })) out.write(piece);
      return EXIT.ok;
    }
    if (given.csv) {
      for (const piece of csvPieces(entries, now)) out.write(piece);
      return EXIT.ok;
    }
    const such = listed.entries.length > 0 ? 'such ' : '';
    if (entries.length === 0)
      out.write(`There are no ${such}archives${only ? ` of manager ${only}` : ''} in ${place}.\n`);
    else for (const piece of tablePieces(HEADS, entries, (entry) => rowOf(entry, terminal))) out.write(piece);
    for (const line of strangeKeys(entries)) err.write(`offsite: ${line}\n`);
    for (const record of unreadable) err.write(`offsite: ${unreadableText(record)}\n`);
    for (const { why } of index) err.write(`offsite: ${why}\n`);
    return EXIT.ok;
  });
}

const HEADS = ['MANAGER', 'ARCHIVE', 'TAKEN', 'SIZE', 'FORMAT', 'NOTES'];

function rowOf(entry: Entry, terminal: Terminal): string[] {
  const { manager, snapshot, archive, times } = entry.manifest;
  const taken = localTime(times.snapshotReady, terminal);
  const format = `${snapshot.format} ${snapshot.version}`;
  return [manager.id, snapshot.id, taken, formatBytes(archive.size), format, wordsOf(entry, terminal).join(', ')];
}

/** Columns of --csv. */
const FIELDS = [
  ...([
    'manager',
    'snapshot',
    'takenAt',
    'size',
    'format',
    'snapshotVersion',
    'verifiedAt',
    'stored',
    'missing',
  ] as const),
  ...(['damaged', 'flagged', 'kept', 'keptUntil', 'storageClass', 'signed', 'key', 'versionId'] as const),
];

function* csvPieces(entries: readonly Entry[], now: Date): Generator<string> {
  yield csvLine(FIELDS);
  for (const entry of entries) {
    const document = documentOf(entry, now);
    yield csvLine(FIELDS.map((field) => document[field]));
  }
}

/** One archive in the JSON of `list`; docs/reference/cli.md explains every field. */
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

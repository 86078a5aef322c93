import { ArchiveNotFound, StorageRefused } from '../../../base/errors.ts';
import { runbookPage } from '../../../base/runbook.ts';
import type { Entry } from '../../../catalogue/entry.ts';
import { type Extractions, readExtractions } from '../../../catalogue/extractions.ts';
import { readRecord } from '../../../catalogue/read-record.ts';
import type { Manifest } from '../../../catalogue/records.ts';
import { unreadableText } from '../../../catalogue/unreadable-text.ts';
import { replicationOf } from '../../../status/replication.ts';
import type { Given } from '../../command.ts';
import { type Archives, withArchives } from '../../inputs/archives.ts';
import { find, namedArchive, wantedOf } from '../../inputs/one-archive.ts';
import { wordsOf } from '../../text/archive-words.ts';
import { extractionRows } from '../../text/extraction-text.ts';
import { localTime } from '../../text/local-time.ts';
import { inventoryText } from '../../text/report-text.ts';
import { rowsText, type TextRow } from '../../text/rows.ts';
import { signatureText } from '../../text/signature-words.ts';
import { EXIT, formatBytes, type Terminal } from '../../usage.ts';
import type { showLiteral } from './command.ts';

/** The newest; a person who wants all of them reads the folder. */
const MOST_EXTRACTIONS = 20;

/** `offsite show`: all that is known of one archive. Exit code 1 for one that no restore would take. */
export async function showCommand(given: Given<typeof showLiteral>, terminal: Terminal): Promise<number> {
  namedArchive(given.archive, given.manager);
  return await withArchives(given, terminal, 'read', async (archives) => {
    const wanted = await wantedOf(given.archive, given.manager, archives);
    const { entry, notes, refusal } = await find(wanted, archives, terminal.clock, { byIndex: true });
    const { stored, missing, mark, keep, accept } = entry;
    const manifest = await wholeManifest(entry, archives);
    const replication = entry.stored ? await replicationOf(entry, archives.archive) : null;
    const of = { manager: entry.manifest.manager.id, snapshot: entry.manifest.snapshot.id };
    const extractions = await readExtractions(of, MOST_EXTRACTIONS, archives.archive.records);
    const known = { place: archives.place, expire: await expiryOf(entry, archives), replication, notes };
    const signature = entry.standing ?? null;
    const document = {
      ...known,
      signature,
      stored,
      missing,
      mark,
      keep,
      accept,
      manifest,
      unreadable: entry.unreadable,
      extractions: extractions.seen,
    };
    if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
    else terminal.out.write(textOf(entry, { ...known, manifest, extractions }, terminal));
    for (const record of entry.unreadable) terminal.err.write(`offsite: ${unreadableText(record)}\n`);
    if (!refusal) return EXIT.ok;
    terminal.err.write(`offsite: ${refusal.name}: ${refusal.message}\n`);
    return EXIT.failed;
  });
}

/** The tag that lifecycle rules go by; null: there is none, undefined: this person may not see tags. */
async function expiryOf({ stored }: Entry, { archive }: Archives): Promise<string | null | undefined> {
  if (!stored) return null;
  try {
    return (await archive.protection.tagsOf(stored))?.tags['expire'] ?? null;
  } catch (error) {
    if (error instanceof StorageRefused) return undefined;
    throw error;
  }
}

/** The catalogue holds only a part of each. */
async function wholeManifest({ manifest }: Entry, { archive }: Archives): Promise<Manifest> {
  const of = { manager: manifest.manager.id, snapshot: manifest.snapshot.id };
  const whole = await readRecord('manifest', of, archive.records);
  if (whole) return whole.value;
  throw new ArchiveNotFound(`The manifest of ${of.snapshot} of manager ${of.manager} was removed just now.`);
}

interface Known {
  readonly manifest: Manifest;
  readonly place: string;
  readonly expire: string | null | undefined;
  /** As S3 says: `COMPLETED`, `PENDING`, `FAILED`, `REPLICA`. */
  readonly replication: string | null;
  readonly notes: readonly string[];
  readonly extractions: Extractions;
}

function textOf(
  entry: Entry,
  { manifest, place, expire, replication, notes, extractions }: Known,
  terminal: Terminal,
): string {
  const { stored } = entry;
  const { manager, snapshot, archive, verification, times } = manifest;
  const rows: TextRow[] = [
    ['Archive', `${place}/${archive.key}`],
    ['Version', `${archive.versionId ?? 'none, as the store names none'}${stored ? `, ${stored.storageClass}` : ''}`],
    ['Size', `${formatBytes(archive.size)} (${archive.size} bytes), CRC-32 ${archive.crc32}`],
    ['Taken', `${localTime(times.snapshotReady, terminal)}, scheduled for ${localTime(times.scheduled, terminal)}`],
    ['Verified', `${localTime(verification.verifiedAt, terminal)}, all ${verification.members} files`],
    ['Signed', signatureText(entry)],
    ['Snapshot', `${snapshot.format} format of Cloudify Manager ${snapshot.version}`],
    ['Manager', `${manager.id} (${manager.version} ${manager.edition}) at ${manager.node}`],
    ['Holds', inventoryText(manifest.inventory.totals)],
    ...flagRows(manifest),
    ['Expires', expiryText(expire)],
    ...(replication === null ? [] : [['Copy', copyText(replication)] as TextRow]),
    ...wordsOf(entry, terminal).map((word): TextRow => ['State', word]),
    ...notes.map((note): TextRow => ['Note', note]),
    ...copiedRows(manifest),
    ...extractionRows(extractions, terminal),
    ['Run', manifest.execution],
  ];
  return rowsText(rows);
}

/** Of a copy: where from, and who signed the original. */
function copiedRows({ copiedFrom }: Manifest): TextRow[] {
  if (!copiedFrom) return [];
  const { place, versionId, signedBy } = copiedFrom;
  const version = versionId === null ? '' : `, version ${versionId}`;
  const signature = signedBy === null ? 'whose manifest had no signature' : `whose manifest was signed by ${signedBy}`;
  return [['Copied', `from ${place}${version}, ${signature}`]];
}

/** What the tag `expire` means to the lifecycle rules of the bucket. */
function expiryText(expire: Known['expire']): string {
  if (expire === undefined) return 'not known: its tags may not be read (s3:GetObjectVersionTagging)';
  if (expire === null) return 'never by itself: it carries no tag expire';
  if (expire === 'held') return 'not as long as it is one of the newest (expire=held)';
  return `by the rules for expire=${expire}`;
}

const COPY: Readonly<Record<string, string>> = {
  COMPLETED: 'there is one, in the bucket of the replication',
  COMPLETE: 'there is one, in the bucket of the replication',
  PENDING: 'on its way to the bucket of the replication',
  FAILED: `none: S3 could not copy it, and does not try again (${runbookPage('the-replication-does-not-copy')})`,
  REPLICA: 'this is one, made by replication',
};

const copyText = (status: string) => `${COPY[status] ?? 'not known'} (${status})`;

function flagRows({ flags = [] }: Manifest): TextRow[] {
  return flags.map(
    ({ type, before, now, percent }): TextRow => ['Flag', `${type} fell by ${percent} %: ${before} before, ${now} now`],
  );
}

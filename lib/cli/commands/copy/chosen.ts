import { type Entry, isRestorable, type Unreadable } from '../../../catalogue/entry.ts';
import { unreadableText } from '../../../catalogue/unreadable-text.ts';
import { listArchives } from '../../../status/list-archives.ts';
import type { Given } from '../../command.ts';
import type { Archives } from '../../inputs/archives.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { find, namedArchive, wantedOf } from '../../inputs/one-archive.ts';
import { wordsOf } from '../../text/archive-words.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import type { copyLiteral } from './command.ts';

export type CopyGiven = Given<typeof copyLiteral>;

/** An archive to copy, or one that cannot be, and why. */
export interface Chosen {
  readonly manager: string;
  readonly snapshot: string;
  readonly size: number;
  readonly refusal?: { readonly name: string; readonly message: string };
}

/** Before anything is opened. Throws `UsageError`. */
export function checkChoice({ archive = [], all, manager, since, last }: CopyGiven): void {
  for (const word of archive) namedArchive(word, manager);
  if (archive.length > 0 && (all || since || last))
    throw new UsageError('Archives that are named exclude --all, --since and --last.');
  if (archive.length === 0 && !all && manager === undefined)
    throw new UsageError('No archive is named: name one or more, or add --manager NAME or --all.');
}

/** The archives that the options ask for, the newest first: those are needed first if the copy does not end. */
export async function chosen(given: CopyGiven, archives: Archives, terminal: Terminal): Promise<Chosen[]> {
  const { archive: words = [], manager, since, last } = given;
  const { clock } = terminal;
  if (words.length > 0) {
    const found: Chosen[] = [];
    for (const word of words) {
      const { entry, refusal } = await find(await wantedOf(word, manager, archives), archives, clock);
      found.push({ ...named(entry), ...(refusal && { refusal }) });
    }
    return found;
  }
  const listed = await listArchives({ manager: managerName(manager), last, now: clock.now() }, archives.archive);
  for (const record of listed.unreadable) terminal.err.write(`offsite: ${unreadableText(record)}\n`);
  const isWanted = ({ manifest }: Entry) => !since || new Date(manifest.times.snapshotReady) >= since;
  const entries = listed.entries.filter(isWanted).reverse();
  const ofUnreadable = listed.unreadable.filter(({ kind }) => kind === 'manifest').map(unreadable);
  return [...entries.map((entry) => ({ ...named(entry), ...refusalOf(entry, terminal) })), ...ofUnreadable];
}

function named({ manifest }: Entry): Chosen {
  return { manager: manifest.manager.id, snapshot: manifest.snapshot.id, size: manifest.archive.size };
}

function refusalOf(entry: Entry, terminal: Terminal): Pick<Chosen, 'refusal'> {
  if (isRestorable(entry)) return {};
  const message = `${entry.manifest.archive.key} is not copied: ${wordsOf(entry, terminal).join(', ')}.`;
  return { refusal: { name: entry.stored ? 'ArchiveDamaged' : 'ArchiveGone', message } };
}

function unreadable(record: Unreadable): Chosen {
  const [, manager = '', ...rest] = record.key.split('/');
  const snapshot = rest.at(-1)?.replace(/\.json$/, '') ?? '';
  const refusal = { name: record.isForged ? 'RecordForged' : 'RecordConflict', message: unreadableText(record) };
  return { manager, snapshot, size: 0, refusal };
}

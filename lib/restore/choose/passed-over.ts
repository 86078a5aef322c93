import type { IndexDoubt } from '../../catalogue/archive-index.ts';
import { type Entry, isDamaged, isFlagged, isStored, isUnreadable, type Unreadable } from '../../catalogue/entry.ts';
import type { MarkRecord } from '../../catalogue/records.ts';
import { unreadableText } from '../../catalogue/unreadable-text.ts';

/** What is known to a person about archives that a restore does not take, and about the one that it takes. */

/** Sentences about newer archives that are not taken: those of entries, and manifests that cannot be read. */
export function passedOverNotes(entries: readonly Entry[], unreadable: readonly Unreadable[]): string[] {
  const lost = (is: (one: Unreadable) => boolean) => unreadable.filter(is).map(({ snapshot }) => snapshot);
  const idsWhere = (is: (entry: Entry) => boolean) => entries.filter(is).map(({ manifest }) => manifest.snapshot.id);
  const lacks = (missing: Entry['missing']) => idsWhere((entry) => entry.missing === missing);
  const damaged = idsWhere((entry) => isStored(entry) && isDamaged(entry));
  const unknown = idsWhere((entry) => isStored(entry) && isUnreadable(entry, 'mark'));
  return [
    ...sentence(lacks('gone'), 'has a manifest but no archive any more', 'have manifests but no archives any more'),
    ...sentence(
      lacks('other version'),
      'is another version in storage than the verified one',
      'are other versions in storage than the verified ones',
    ),
    ...sentence(
      lacks('other size'),
      'has another size in storage than its manifest says',
      'have other sizes in storage than their manifests say',
    ),
    ...sentence(damaged, 'was found damaged by a verification', 'were found damaged by a verification'),
    ...sentence(unknown, 'has a verification record that cannot be read', 'have marks that cannot be read'),
    ...sentence(
      lost(({ isForged }) => isForged),
      'has a FORGED manifest',
      'have FORGED manifests',
    ),
    ...sentence(
      lost(({ fault }) => fault === 'missing'),
      'has lost its manifest before its time',
      'have lost their manifests before their time',
    ),
    ...sentence(
      lost(({ fault }) => fault === 'unreadable'),
      'has a manifest that cannot be read',
      'have manifests that cannot be read',
    ),
  ];
}

/** That what is missing may not have been noticed. */
export function indexNotes(doubts: readonly IndexDoubt[]): string[] {
  return doubts.slice(0, 1).map(({ why }) => `The index of archives cannot be relied on: ${why}`);
}

/** About those that this restore has found damaged itself. */
export function foundNotes(ids: readonly string[]): string[] {
  return sentence(
    ids,
    'was found damaged when it was read just now',
    'were found damaged when they were read just now',
  );
}

function sentence(ids: readonly string[], one: string, many: string): string[] {
  if (ids.length === 0) return [];
  return [`Passed over: ${firstOf(ids)} ${ids.length === 1 ? one : many}.`];
}

/** `a, b, c and 4 more`, the newest names first. */
export function firstOf(ids: readonly string[]): string {
  const shown = [...ids].sort().reverse().slice(0, 3).join(', ');
  return ids.length > 3 ? `${shown} and ${ids.length - 3} more` : shown;
}

/** What a person should know of the archive that is taken: who wrote its record, damage that was found once, content that is odd. */
export function notesAbout(entry: Entry): string[] {
  return [...signatureNote(entry), ...damageNote(entry), ...flagNote(entry)];
}

/** What the signature does not prove; nothing when the key is trusted. */
function signatureNote({ manifest: { snapshot }, standing }: Entry): string[] {
  if (standing === undefined) return [];
  const subject = `manifest of ${snapshot.id}`;
  if (standing.state === 'forged') return [`NOT GENUINE: the ${subject} ${standing.why} It was accepted as it is.`];
  if (standing.state === 'unsigned') return [`The ${subject} has no signature: nothing proves who wrote it.`];
  if (standing.known === 'trusted') return [];
  return [
    `The ${subject} is signed with the key ${standing.key}, which lies beside the archives. Compare it with the fingerprint on your recovery sheet.`,
  ];
}

function damageNote(entry: Entry): string[] {
  if (isUnreadable(entry, 'mark')) {
    const marks = entry.unreadable.filter(({ kind }) => kind === 'mark');
    return marks.map((record) => `The archive may be damaged: ${unreadableText(record)}`);
  }
  if (!isDamaged(entry)) return [];
  const { checkedAt, error, message } = entry.mark as MarkRecord;
  return [
    `A verification found this archive damaged on ${checkedAt} (${error ?? 'no reason given'}): ${message ?? ''}`.trim(),
  ];
}

/** More than anybody reads stands in the manifest. */
const MAX_FLAGS = 5;

function flagNote(entry: Entry): string[] {
  if (!isFlagged(entry)) return [];
  const { flags = [], snapshot } = entry.manifest;
  const falls = flags.slice(0, MAX_FLAGS).map(({ type, before, now }) => `${type} from ${before} to ${now}`);
  const more = flags.length > MAX_FLAGS ? ` and ${flags.length - MAX_FLAGS} more` : '';
  return [
    `The content of ${snapshot.id} is odd, look before you trust it: ${falls.join(', ')}${more}. An older archive may be the right one.`,
  ];
}

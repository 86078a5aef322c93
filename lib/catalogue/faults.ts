import { runbookPage } from '../base/runbook.ts';
import type { Standing } from '../storage/seal.ts';
import type { IndexRow } from './index-records.ts';
import type { RecordFault } from './record-fault.ts';

/** What a person is told in a few words; follows the key. */
const WORDS: Readonly<Record<RecordFault, string>> = {
  unreadable: 'cannot be read',
  edited: 'was edited: it is not what was recorded',
  replayed: 'was put back as it once was: another one was recorded since',
  swapped: 'is that of another archive, put in its place',
  unsigned: 'has no signature, and must have one',
  untrusted: 'is signed with a key that is not trusted here',
  missing: 'is missing before its time',
};

export const faultWords = (fault: RecordFault): string => WORDS[fault];
export const faultText = (key: string, fault: RecordFault): string => `The manifest ${key} ${WORDS[fault]}.`;

export interface FoundManifest {
  /** Digest without the signature. */
  readonly digest: string;
  /** Its own time of recording. */
  readonly recorded: string;
  readonly hasSignature: boolean;
  /** Undefined: signatures are not looked at. */
  readonly standing: Standing | undefined;
}

/**
 * What is wrong with a manifest that can be read, by its signature and by its row in the index. Undefined: nothing. A valid
 * one that is newer than its row was recorded by a run that was killed before it came to the index.
 */
export function faultOf(found: FoundManifest, row: IndexRow | undefined): RecordFault | undefined {
  const { digest, recorded, hasSignature, standing } = found;
  const isForged = standing?.state === 'forged';
  if (!hasSignature && (isForged || (row?.signed && standing))) return 'unsigned';
  if (isForged) return standing.isStrange ? 'untrusted' : 'edited';
  if (!row || row.manifest === digest) return undefined;
  if (standing?.state === 'unsigned') return 'edited';
  return recorded < row.times.recorded ? 'replayed' : undefined;
}

/** The same at length; completes "The record …". */
export function faultSentence(fault: RecordFault, standing: Standing | undefined): string {
  if (standing?.state === 'forged') return standing.why;
  switch (fault) {
    case 'unsigned':
      return 'has no signature, and had one when it was recorded: it was taken off.';
    case 'replayed':
      return 'is an older one of this archive, put back: its signature is valid, and another one was recorded since.';
    case 'missing':
      return 'is missing: the index of archives has it, and it has not expired. It was removed or hidden; its archive may still be there. Bring the manifest back (remove the delete marker over it).';
    default:
      return 'is not what the index of archives has of it: it was changed since it was recorded.';
  }
}

/** A sentence about a manifest, with what to do. */
export function whyOf(key: string, fault: RecordFault, standing?: Standing): string {
  return `${key} ${faultSentence(fault, standing)} Find out who did it: ${runbookPage('a-record-is-forged')}.`;
}

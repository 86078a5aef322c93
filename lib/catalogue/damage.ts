/**
 * Errors that say something about the stored bytes themselves, whoever reads them and whenever: they are wrong, cut off,
 * or not there. Everything else (storage that does not answer, refuses, a function out of time, a record that cannot be
 * read, a defect of ours) says only that nobody could look, and must never make a good archive a damaged one.
 */
const DAMAGE: ReadonlySet<string> = new Set([
  'ArchiveEmpty',
  'ArchiveGone',
  'ArchiveTruncated',
  'ArchiveUnsupported',
  'ChecksumMismatch',
  'MemberCorrupt',
  'MemberMissing',
  'NotAnArchive',
]);

export const isDamage = (error: string) => DAMAGE.has(error);

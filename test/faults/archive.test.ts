import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { type Case, playAlone } from '../support/nights.ts';
import { impatient, smallSettings } from '../support/world.ts';

/** What the manager serves instead of its archive. */
const CONTENT: readonly Case[] = [
  {
    name: 'the file is not there (yet): five more looks, then a name',
    broken: manager('archiveMissing', {}),
    ends: 'SnapshotLost',
    says: /Manager m1.*the snapshot exists, its file does not/,
    leaves: 'created',
  },
  {
    name: 'the file comes a little later',
    broken: manager('archiveMissing', {}, { times: 3 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the file is missing on 5.0.5, which answers with a 500',
    world: { manager: { version: '5.0.5' } },
    broken: manager('archiveMissing', {}),
    ends: 'ManagerUnavailable',
    says: /HTTP 500/,
  },
  {
    name: 'no bytes at all',
    broken: manager('archiveEmpty', {}),
    ends: 'ArchiveEmpty',
    says: /Manager m1.*is empty: 0 bytes\. Look at the manager's disk/,
  },
  { name: 'an HTML page named .zip', broken: manager('archiveHtml', {}), ends: 'NotAnArchive', says: /archives\/m1\// },
  { name: 'the first half only', broken: manager('archiveTruncated', { bytes: 100_000 }), ends: 'ArchiveTruncated' },
  { name: 'all but the last byte', broken: manager('archiveTruncated', { bytes: 199_999 }), ends: 'ArchiveTruncated' },
  {
    name: 'one bit of a member is turned',
    broken: manager('archiveCorrupt', {}),
    ends: 'MemberCorrupt',
    says: /archives\/m1\/2026\/11\/offsite-\d+T\d+Z\.zip/,
    notes: /Removed archives\/m1.*was not verified/,
  },
  {
    name: 'a member that a restore needs is missing',
    world: { manager: { archive: { sizeBytes: 200_000, missing: ['metadata.json'] } } },
    isFirst: true,
    ends: 'MemberMissing',
    says: /lacks metadata\.json/,
  },
  {
    name: 'a CRC-32 in the directory is not that of its member',
    world: { manager: { archive: { format: 'legacy', sizeBytes: 200_000, wrongCrc: ['networks.json'] } } },
    isFirst: true,
    ends: 'MemberCorrupt',
  },
  {
    name: 'an encrypted member',
    world: { manager: { archive: { sizeBytes: 200_000, encrypted: ['metadata.json'] } } },
    isFirst: true,
    ends: 'ArchiveUnsupported',
  },
];

/** What goes wrong between the manager and us. */
const TRANSFER: readonly Case[] = [
  {
    name: 'the connection breaks once in every span',
    broken: manager('dropConnectionAtByte', { afterBytes: 30_000 }, { step: 'CopySpan', times: 4 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the connection breaks at one byte of the archive, three times',
    broken: manager('dropConnectionAtByte', { archiveByte: 130_000 }, { times: 3 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the connection always breaks at the same byte',
    broken: manager('dropConnectionAtByte', { archiveByte: 130_000 }),
    ends: 'TransferInterrupted',
    says: /Manager m1.*broke off after \d+ of \d+ bytes/,
    notes: /Aborted 1 unfinished upload/,
  },
  {
    name: 'a body that is shorter than its Content-Length, twice',
    broken: manager('shortBody', { missingBytes: 10 }, { step: 'CopySpan', times: 2 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'bodies that are always too short',
    broken: manager('shortBody', { missingBytes: 1 }, { step: 'CopySpan' }),
    ends: 'TransferInterrupted',
  },
  {
    name: 'a short body whose Content-Length agrees with it, twice',
    broken: manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan', times: 2 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'bodies that are always short and say so',
    broken: manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan' }),
    ends: 'TransferInterrupted',
    says: /ended 1 bytes early/,
  },
  {
    name: 'another range than the one asked for, once',
    broken: manager('wrongRange', { shift: 7 }, { step: 'CopySpan', times: 1 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'always another range',
    broken: manager('wrongRange', { shift: 7 }, { step: 'CopySpan' }),
    ends: 'TransferInterrupted',
    says: /sent "bytes \d+-\d+\/200000" where bytes \d+-\d+ were asked for/,
  },
  {
    name: 'the archive is replaced in the middle, and its ETag tells',
    broken: manager('changeEtagMidTransfer', { afterRequests: 2 }, { path: /archive$/ }),
    ends: 'SourceChanged',
    says: /Manager m1.*changed after the transfer was planned: it has another ETag/,
  },
  {
    name: 'the archive is replaced in the middle, and its ETag does not tell',
    broken: manager('sameEtagOtherBytes', { afterRequests: 2 }, { path: /archive$/ }),
    ends: 'MemberCorrupt',
  },
  {
    name: 'the archive shrinks in the middle',
    broken: manager('archiveTruncated', { bytes: 150_000 }, { step: 'CopySpan' }),
    ends: 'SourceChanged',
  },
  {
    name: 'silence in the middle of a body',
    world: { settings: impatient },
    broken: manager('slowDrip', { bytesPerChunk: 40_000, delayMs: 600 }, { step: 'CopySpan', times: 1 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'slow, but never silent',
    broken: manager('slowDrip', { bytesPerChunk: 10_000, delayMs: 50 }, { step: 'CopySpan' }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'no ranges: one stream from the first byte',
    broken: manager('noRanges', {}),
    ends: 'SUCCEEDED',
    also: (world) => expect(world.manager.requests.filter((r) => /archive$/.test(r.path)).slice(5)).toHaveLength(3),
  },
  {
    name: 'no ranges, and the stream breaks twice',
    broken: [
      manager('noRanges', {}),
      manager('dropConnectionAtByte', { afterBytes: 150_000 }, { step: 'CopySpan', times: 2 }),
    ],
    ends: 'SUCCEEDED',
  },
  {
    name: 'ranges until the transfer begins, none from then on',
    broken: manager('noRanges', {}, { step: 'CopySpan' }),
    ends: 'TransferInterrupted',
    says: /answered HTTP 200 where 206 was asked for/,
  },
  {
    name: 'no ranges and too large for one function',
    world: { settings: { sequentialLimit: 150_000 } },
    broken: manager('noRanges', {}),
    ends: 'ArchiveTooLarge',
    says: /manager m1 has 0\.0 GiB, the limit is 0\.0 GiB: the manager serves no byte ranges/,
    leaves: 'created',
  },
  {
    name: 'more spans than a history has room for',
    world: { settings: { partSize: 100, spanSize: 100 }, minPartSize: 1 },
    isFirst: true,
    ends: 'ArchiveTooLarge',
    says: /at most 1000 ranges/,
  },
];

describe('the archive', () => {
  test.each(CONTENT)('$name', playAlone);
});
describe('the transfer', () => {
  test.each(TRANSFER)('$name', playAlone);
  test('the settings make several spans of several parts', () => {
    expect([smallSettings.partSize, smallSettings.spanSize]).toEqual([40 * 1024, 80 * 1024]);
  });
});

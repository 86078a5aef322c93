import { expect, test } from 'vitest';
import {
  archivesOf,
  claimOf,
  extractionOf,
  FOLDERS,
  indexHeadOf,
  indexMonthOf,
  indexPageOf,
  isKeyOf,
  keysOf,
  managerOfRecordKey,
  placesOf,
  prefixOf,
  RECORD_KINDS,
  reconciliationOf,
  recordsOf,
  restoreKeysOf,
  restoresOf,
  runsOf,
  snapshotOfArchiveKey,
  snapshotOfRecordKey,
  snapshotOfRunKey,
  trialKeysOf,
} from '../../lib/storage/layout.ts';

/**
 * Spelt out, not made: these keys are in buckets of today. Whoever has to change a line here makes a version that does
 * not find what the version before has stored.
 */
const SNAPSHOT = 'offsite-20261122T020000Z';
const RESTORE = '20261123T091500Z-0a1b2c3d';
const KEYS = {
  archive: 'archives/m1/2026/11/offsite-20261122T020000Z.zip',
  manifest: 'manifests/m1/2026/11/offsite-20261122T020000Z.json',
  inspection: 'inspections/m1/2026/11/offsite-20261122T020000Z.json',
  mark: 'marks/m1/2026/11/offsite-20261122T020000Z.json',
  keep: 'keeps/m1/2026/11/offsite-20261122T020000Z.json',
  accept: 'accepts/m1/2026/11/offsite-20261122T020000Z.json',
  run: 'runs/m1/offsite-20261122T020000Z.json',
};
const EXTRACTION = 'extractions/m1/offsite-20261122T020000Z/20261123T091500Z-0a1b2c3d.json';
const INDEX_KEYS = ['indexes/m1/head.json', 'indexes/m1/2026-11.json', 'indexes/m1/other.json'];
const RESTORE_KEYS = {
  evidence: 'restores/m1/20261123T091500Z-0a1b2c3d.json',
  claim: 'claims/m1.json',
  approvalRequest: 'approval-requests/m1/20261123T091500Z-0a1b2c3d.json',
  approval: 'approvals/m1/20261123T091500Z-0a1b2c3d.json',
  approvalUse: 'approval-uses/m1/20261123T091500Z-0a1b2c3d.json',
};

test('the keys of a snapshot and of a restore are those of every version so far', () => {
  const { archive, manifest, inspection, mark, keep, accept, run } = keysOf('m1', SNAPSHOT);
  expect({ archive, manifest, inspection, mark, keep, accept, run }).toEqual(KEYS);
  expect(restoreKeysOf('m1', RESTORE)).toEqual(RESTORE_KEYS);
  expect(extractionOf('m1', SNAPSHOT, '20261123T091500Z-0a1b2c3d')).toBe(EXTRACTION);
  expect(trialKeysOf('m1', 'x')).toEqual({
    ...{ prefix: 'runs/m1/.doors-x', record: 'runs/m1/.doors-x.json', upload: 'runs/m1/.doors-x.zip' },
  });
  const pages = [SNAPSHOT, 'by-hand'].map((snapshot) => indexPageOf('m1', indexMonthOf(snapshot)));
  expect([indexHeadOf('m1'), ...pages]).toEqual(INDEX_KEYS);
  // Names that carry no time lie in no month: snapshots that somebody restores by a name of their own.
  expect(keysOf('m1', 'by-hand').archive).toBe('archives/m1/by-hand.zip');
});

test('the prefixes are those of every version so far', () => {
  expect(FOLDERS.map(prefixOf)).toEqual([
    'archives/',
    'manifests/',
    'inspections/',
    'marks/',
    'keeps/',
    'accepts/',
    'runs/',
    'restores/',
    'claims/',
    'approval-requests/',
    'approvals/',
    'approval-uses/',
    'keys/',
    'indexes/',
    'reconciliations/',
    'extractions/',
    'reports/',
  ]);
  expect([archivesOf('m1'), runsOf('m1'), restoresOf('m1')]).toEqual(['archives/m1/', 'runs/m1/', 'restores/m1/']);
  expect(claimOf('m1')).toBe('claims/m1.json');
  expect(RECORD_KINDS.map((kind) => recordsOf(kind, 'm1'))).toEqual([
    'manifests/m1/',
    'marks/m1/',
    'keeps/m1/',
    'accepts/m1/',
  ]);
});

test('every key of a manager lies in one of its places, which are those of no other manager', () => {
  const keys = [
    ...Object.values(KEYS),
    ...Object.values(RESTORE_KEYS),
    ...Object.values(trialKeysOf('m1', 'x')),
    ...INDEX_KEYS,
    reconciliationOf('m1'),
    EXTRACTION,
  ];
  const holding = (manager: string) => placesOf(manager).filter((place) => keys.some((key) => key.startsWith(place)));
  expect(holding('m1')).toEqual(placesOf('m1'));
  for (const key of keys) expect(placesOf('m1').filter((place) => key.startsWith(place))).toHaveLength(1);
  for (const other of ['m', 'm11', 'm1-a']) expect(holding(other)).toEqual([]);
});

test('what a key is about is read back from it', () => {
  expect(snapshotOfArchiveKey(KEYS.archive)).toBe(SNAPSHOT);
  expect(snapshotOfRunKey(KEYS.run)).toBe(SNAPSHOT);
  for (const kind of RECORD_KINDS) {
    expect(snapshotOfRecordKey(kind, 'm1', KEYS[kind])).toBe(SNAPSHOT);
    expect(managerOfRecordKey(kind, KEYS[kind])).toBe('m1');
  }
  for (const key of ['', 'manifests/m1/', KEYS.archive, 'manifests/m1/2026/12/offsite-20261122T020000Z.json']) {
    expect(snapshotOfRecordKey('manifest', 'm1', key), key).toBeUndefined();
    expect(managerOfRecordKey('manifest', key), key).toBeUndefined();
  }
  expect(snapshotOfRunKey(trialKeysOf('m1', 'x').record)).toBe('.doors-x');
  expect(snapshotOfArchiveKey(KEYS.manifest)).toBeUndefined();
});

test('a key that we do not make is not ours', () => {
  for (const key of [
    ...Object.values(KEYS),
    ...Object.values(RESTORE_KEYS),
    ...INDEX_KEYS,
    reconciliationOf('m1'),
    EXTRACTION,
  ])
    expect(isKeyOf('m1', key), key).toBe(true);
  const strange = [
    'claims/m2.json',
    'reconciliations/m2.json',
    EXTRACTION.replace('m1', 'm2'),
    'extractions/m1/by-hand/20261123T091500Z-0a1b2c3d.json',
    'indexes/m1/2026.json',
    'archives/m1/by-hand.zip',
    'archives/m1/2026/12/offsite-20261122T020000Z.zip',
    'archives/m1/2026/11/offsite-20261122T020000Z.json',
    'runs/m1/notes.json',
    'restores/m1/offsite-20261122T020000Z.json',
    'restores/m1/20261123T091500Z.json',
    'readme.txt',
    KEYS.manifest.replace('m1', 'm2'),
  ];
  for (const key of strange) expect(isKeyOf('m1', key), key).toBe(false);
});

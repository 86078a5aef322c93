import { RestoreInput } from '../../lib/restore/input.ts';
import { RestoreRun, Selection } from '../../lib/restore/state.ts';

/** A restore of a stored new-format archive to a single 7.0.5, for tests that change one thing of it. */

export const input = (more: object = {}): RestoreInput => RestoreInput.parse({ manager: 'm1', ...more });

export const run: RestoreRun = RestoreRun.parse({
  ...{ manager: 'm1', restore: '20261122T020000Z-1a2b3c4d', snapshot: 'offsite-restore-20261122T020000Z-1a2b3c4d' },
  ...{ startedAt: '2026-11-22T02:00:00.000Z', purpose: 'recovery', node: 'https://m1.example' },
  ...{ nodes: { known: 1, healthy: 1, registered: 1, away: [] }, version: '7.0.5', edition: 'premium' },
});

export const stored: Selection = Selection.parse({
  ...{ from: 'bucket', manager: 'm1', snapshot: 'offsite-20261121T020000Z', versionId: 'null' },
  ...{ key: 'archives/m1/2026/11/offsite-20261121T020000Z.zip', size: 1000, crc32: 'AAAAAA==', sourceTag: null },
  ...{ format: 'new', snapshotVersion: '7.0.5', marksLegacy: false, memberCount: 3, totals: {} },
  ...{ takenAt: null, creationSeconds: 30, notes: [] },
});

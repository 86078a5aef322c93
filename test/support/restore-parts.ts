import type { Restoring, Upload, Verification } from '../../lib/restore/course.ts';
import { type RestoreInput, restoreOf } from '../../lib/restore/input.ts';
import type { Plan, RestoreRun, Selection } from '../../lib/restore/state.ts';

/** An execution as Step Functions shows it to a step. */
export interface Execution {
  readonly id: string;
  readonly startTime: string;
}

export const START = '2026-11-23T02:00:00.000Z';
export const at = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();
export const execution: Execution = { id: 'arn:aws:states:eu-west-1:1:execution:restore:one', startTime: START };

/** What the steps of a restore hand on, as far as it went; each part can be changed. */
export interface Parts {
  readonly run: RestoreRun;
  readonly selection: Selection;
  readonly plan: Plan;
  readonly upload: Upload;
  readonly restoring: Restoring;
  readonly verification: Verification;
}

export function partsOf(input: RestoreInput, who: Execution = execution, version = '6.4.1'): Parts {
  const { restore, snapshot } = restoreOf(input, who);
  const { manager, purpose = 'recovery' } = input;
  return {
    run: {
      ...{ manager, restore, snapshot, purpose, version },
      startedAt: who.startTime,
      node: 'https://10.0.0.1',
      nodes: { known: 2, healthy: 2, registered: 2, away: [] },
      edition: 'premium',
    },
    selection: {
      from: 'bucket',
      manager: 'm0',
      snapshot: 'offsite-20261122T020000Z',
      key: 'archives/m0/2026/11/offsite-20261122T020000Z.zip',
      versionId: 'v1',
      size: 1000,
      crc32: 'AAAAAA==',
      sourceTag: null,
      format: 'legacy',
      snapshotVersion: '6.4.1',
      marksLegacy: true,
      memberCount: 12,
      totals: { blueprints: 2 },
      takenAt: '2026-11-22T02:03:00.000Z',
      creationSeconds: 180,
      notes: ['The archive is of another manager.'],
    },
    plan: {
      outcome: 'proceed',
      method: 'url',
      compareSpans: [1],
      mayStream: true,
      target: { isEmpty: true, totals: {}, maintenance: 'deactivated', ghosts: [] },
      refusals: [],
      notes: ['Users and passwords will be those of the archive.'],
      afterwards: ['Agents need a new address.'],
      estimate: { uploadSeconds: 10, restoreSeconds: 200, basis: 'a guess' },
      checkedAt: at(10.4),
    },
    upload: {
      method: 'stream',
      size: 1000,
      uploadedAt: at(70.6),
      compared: { storage: 'all', upload: 'all', uploadBytes: 1000 },
      notes: [],
    },
    restoring: {
      executionId: 'exec-1',
      requestedAt: at(75),
      ...{ requests: 1, firstRequestedAt: at(75), restoringOn: [], silentNodes: [], stoppedSince: null },
      status: 'ended',
      access: 'current',
      lastStatus: 'terminated',
      flagSeen: true,
      flagGoneSince: at(280),
      rejectedSince: null,
      triedAt: null,
      terminatedSince: at(279),
      wellSince: at(290),
      outageSeen: false,
      endedAt: at(290.5),
      waitSeconds: 5,
    },
    verification: {
      outcome: 'complete',
      accepted: false,
      message: `Manager ${manager} holds what the archive holds.`,
      compared: ['blueprints', 'deployments'],
      notCompared: ['logs'],
      differences: [],
      differenceCount: 0,
      entityErrors: 0,
      before: {},
      after: { blueprints: 2 },
      verifiedAt: at(300.5),
    },
  };
}

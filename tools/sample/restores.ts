import { seconds } from '../../lib/base/durations.ts';
import { compactTime, snapshotIdAt } from '../../lib/base/ids.ts';
import type { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import { keysOf } from '../../lib/storage/layout.ts';

interface Test {
  readonly manager: string;
  readonly started: Date;
  readonly state: 'succeeded' | 'partial' | 'failed';
  readonly size: number;
  readonly version: string;
  readonly purpose: 'drill' | 'recovery';
  /** What the archive holds. */
  readonly items: Readonly<Record<string, number>>;
}

const LOST = { tenant: 'networking', type: 'plugins', archive: 9, manager: 8 };
const SAYS = {
  partial: 'There is 1 difference to the archive: plugins of tenant networking 8 instead of 9.',
  complete: 'All 12 types in 6 tenants agree with the archive.',
} as const;

/** The evidence of one restore test onto the manager that is there for it. */
export function evidenceOf({ manager, started, state, size, version, items, purpose }: Test): RestoreEvidence {
  const snapshot = snapshotIdAt(new Date(Math.floor((started.getTime() - seconds(40_000)) / 1000) * 1000));
  const phases = { prepare: 41, upload: Math.round(size / 11e6), restore: 540 + Math.round(size / 5e6), verify: 64 };
  const ends = [phases.prepare, phases.upload, phases.restore, phases.verify].map((_, at, all) =>
    all.slice(0, at + 1).reduce((a, b) => a + b, 0),
  );
  const at = (offset = 0) => new Date(started.getTime() + seconds(offset)).toISOString();
  const isPartial = state === 'partial';
  const differences = isPartial ? [LOST] : [];
  return {
    schema: 'cloudify-offsite/restore/1',
    manager: 'bench',
    restore: `${compactTime(started)}-${manager.length.toString(16).padStart(8, 'a')}`,
    purpose,
    reason: purpose === 'drill' ? 'quarterly restore test' : 'a blueprint was deleted by mistake',
    execution: `arn:aws:states:eu-central-1:111122223333:execution:offsite-restore:${compactTime(started)}`,
    state,
    message: isPartial ? SAYS.partial : SAYS.complete,
    archive: {
      ...{ manager, snapshot, key: keysOf(manager, snapshot).archive, versionId: null, size, crc32: 'AAAAAA==' },
      ...{ format: version.startsWith('7') ? 'new' : 'legacy', snapshotVersion: version, takenAt: at(-40_000) },
    },
    target: { version, edition: 'premium', node: 'https://bench.example.com' },
    options: {
      ...{ force: false, recreateDeploymentsEnvs: false, restoreCertificates: false, noReboot: false },
      ...{ allowPartial: isPartial, archiveUrl: null },
    },
    method: 'url',
    phases,
    rtoSeconds: ends[3] ?? null,
    verification: {
      ...{
        outcome: isPartial ? 'partial' : 'complete',
        compared: Object.keys(items),
        notCompared: ['events', 'logs'],
      },
      ...{ differences, differenceCount: differences.length, entityErrors: 0, before: {}, after: { ...items } },
    },
    credentials: null,
    notes: [],
    times: {
      ...{ started: at(), checked: at(ends[0]), uploaded: at(ends[1]), requested: at(ends[1]), ended: at(ends[2]) },
      ...{ verified: at(ends[3]), recorded: at((ends[3] ?? 0) + 2) },
    },
    software: 'cloudify-offsite 0.1.0',
  };
}

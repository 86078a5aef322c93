import type { KeepRecord, Manifest, MarkRecord } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';

export interface ManifestFacts {
  /** ISO time of the content, and of everything else unless told. */
  readonly ready: string;
  readonly versionId?: string | null;
  readonly size?: number;
  readonly flags?: Manifest['flags'];
  readonly scheduled?: string;
  readonly totals?: Readonly<Record<string, number>>;
}

/** A manifest as an export writes it, where only a few of its fields matter. */
export function manifestOf(manager: string, id: string, facts: ManifestFacts): Manifest {
  const { ready, versionId = 'null', size = 5, flags, scheduled = ready, totals = { tenants: 1 } } = facts;
  return {
    schema: 'cloudify-offsite/manifest/1',
    manager: { id: manager, version: '7.0.5', edition: 'premium', node: 'https://m1.example' },
    snapshot: {
      ...{ id, format: 'new', version: '7.0.5', requiredMembers: [] },
      ...{ memberCount: 3, compressedBytes: 1, uncompressedBytes: 1 },
    },
    archive: {
      ...{ bucket: 'offsite', key: keysOf(manager, id).archive, versionId, size },
      ...{ crc32: 'AAAAAA==', sourceEtag: null, partSize: 5, parts: 1 },
    },
    verification: { members: 3, bytes: 1, verifiedAt: ready },
    inventory: { totals: { ...totals }, tenants: {} },
    ...(flags ? { flags } : {}),
    times: {
      scheduled,
      started: ready,
      snapshotRequested: ready,
      snapshotReady: ready,
      stored: ready,
      recorded: ready,
    },
    execution: 'e1',
    software: 'test',
  };
}

/** Deployments have gone, nearly all. */
export const FELL: NonNullable<Manifest['flags']> = [
  { kind: 'drift', type: 'deployments', before: 40, now: 2, percent: 95 },
];

export function markOf(manager: string, snapshot: string, versionId: string | null, damaged: boolean): MarkRecord {
  return {
    schema: 'cloudify-offsite/mark/1',
    ...{ manager, snapshot, versionId },
    result: damaged ? 'damaged' : 'sound',
    ...(damaged ? { error: 'MemberCorrupt', message: 'File pg_data does not inflate to its CRC-32.' } : {}),
    checkedAt: '2026-11-22T12:00:00.000Z',
    execution: 'e2',
  };
}

export function keepOf(manager: string, snapshot: string, until: string | null): KeepRecord {
  return { schema: 'cloudify-offsite/keep/1', manager, snapshot, until, at: '2026-11-22T12:00:00.000Z' };
}

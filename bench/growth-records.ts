import { randomBytes } from 'node:crypto';
import { hours } from '../lib/base/durations.ts';
import { snapshotIdAt } from '../lib/base/ids.ts';
import { type Entry, knownOf } from '../lib/catalogue/entry.ts';
import type { InspectionRecord, Manifest, MarkRecord, RunRecord } from '../lib/catalogue/records.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';

export const BUCKET = 'offsite';

/** One small archive, of which each of the folder is a copy. */
export interface SmallArchive {
  readonly bytes: Buffer;
  readonly crc32: number;
  readonly members: number;
}

export interface Grown {
  readonly managers: readonly string[];
  /** Of each manager, one every hour, the last one an hour before `now`. */
  readonly archives: number;
  readonly now: Date;
}

/** As large as that of a manager with 20 tenants: a manifest of 5 KB. */
const COUNTS = { users: 12, blueprints: 31, deployments: 207, nodes: 814, executions: 9120, secrets: 44, plugins: 9 };
const inventory = {
  totals: { tenants: 20, ...COUNTS },
  tenants: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`tenant_${i}`, COUNTS])),
};

export function manifestsOf(manager: string, small: SmallArchive, { archives, now }: Grown): Manifest[] {
  const last = Math.floor(now.getTime() / 1000) * 1000 - hours(1);
  const times = Array.from({ length: archives }, (_, i) => new Date(last - hours(archives - 1 - i)));
  return times.map((at) => manifestOf(manager, at, small));
}

export function entryOf(manifest: Manifest): Entry {
  const { key, versionId, size } = manifest.archive;
  const storedAt = new Date(manifest.times.stored);
  const stored = { key, versionId: versionId ?? 'null', size, storedAt, storageClass: 'STANDARD', hiddenAt: null };
  return { manifest: knownOf(manifest), stored, missing: null, mark: null, keep: null, accept: null, unreadable: [] };
}

function manifestOf(manager: string, at: Date, { bytes, crc32, members }: SmallArchive): Manifest {
  const time = at.toISOString();
  const id = snapshotIdAt(at);
  const sizes = { memberCount: members, compressedBytes: bytes.length, uncompressedBytes: bytes.length };
  return {
    schema: 'cloudify-offsite/manifest/1',
    manager: { id: manager, version: '7.0.5', edition: 'premium', node: 'https://manager.example.com' },
    snapshot: {
      id,
      format: 'new',
      version: '7.0.5',
      requiredMembers: ['metadata.json', 'mgmt/', 'tenants/'],
      ...sizes,
    },
    archive: {
      bucket: BUCKET,
      key: keysOf(manager, id).archive,
      versionId: randomBytes(24).toString('hex'),
      size: bytes.length,
      crc32: crc32ToBase64(crc32),
      sourceEtag: '"6b02fe49-10000000"',
      partSize: 8 * 1024 * 1024,
      parts: 1,
    },
    verification: { members, bytes: bytes.length, verifiedAt: time },
    inventory,
    times: {
      scheduled: time,
      started: time,
      snapshotRequested: time,
      snapshotReady: time,
      stored: time,
      recorded: time,
    },
    execution: 'local:bench:1:1',
    software: 'cloudify-offsite 0.1.0',
  };
}

export function inspectionOf({ archive, snapshot }: Manifest): InspectionRecord {
  const {
    format,
    version: snapshotVersion,
    requiredMembers,
    memberCount,
    compressedBytes,
    uncompressedBytes,
  } = snapshot;
  const sizes = { memberCount, compressedBytes, uncompressedBytes };
  const spans = [{ firstMember: 0, members: memberCount, start: 0, end: archive.size }];
  const { versionId } = archive;
  const schema = 'cloudify-offsite/inspection/1';
  return { schema, versionId, format, snapshotVersion, requiredMembers, ...sizes, inventory, spans };
}

export function runOf({ manager, snapshot, execution, times }: Manifest): RunRecord {
  const ended = { claimedAt: times.started, endedAt: times.recorded, state: 'succeeded' } as const;
  return { schema: 'cloudify-offsite/run/1', manager: manager.id, snapshot: snapshot.id, execution, ...ended };
}

export function markOf({ manager, snapshot, archive, times, execution }: Manifest): MarkRecord {
  const of = { manager: manager.id, snapshot: snapshot.id, versionId: archive.versionId };
  return { schema: 'cloudify-offsite/mark/1', ...of, result: 'sound', checkedAt: times.recorded, execution };
}

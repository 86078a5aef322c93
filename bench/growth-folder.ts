import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BucketLayout } from '../folder-s3/store/layout.ts';
import { newVersionId, type Version } from '../folder-s3/store/version.ts';
import { hours } from '../lib/base/durations.ts';
import { snapshotIdAt } from '../lib/base/ids.ts';
import type { Entry } from '../lib/catalogue/entry.ts';
import type { InspectionRecord, Manifest, RunRecord } from '../lib/catalogue/records.ts';
import { defaultRules } from '../lib/config/manager-rules.ts';
import { decide } from '../lib/retention/decide.ts';
import { sealing } from '../lib/signing/seal.ts';
import type { Signer } from '../lib/signing/signer.ts';
import { trustNoOther } from '../lib/signing/trust.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';

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

const BUCKET = 'offsite';
/** As large as that of a manager with 20 tenants: a manifest of 5 KB. */
const COUNTS = { users: 12, blueprints: 31, deployments: 207, nodes: 814, executions: 9120, secrets: 44, plugins: 9 };
const inventory = {
  totals: { tenants: 20, ...COUNTS },
  tenants: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`tenant_${i}`, COUNTS])),
};

/**
 * Writes what that many exports would have left in a folder of the embedded S3: archives, signed manifests, inspections
 * and runs, tagged as retention wants them. By the disk, since 10,000 exports would take a day.
 */
export async function growFolder(dir: string, small: SmallArchive, grown: Grown, signer: Signer): Promise<void> {
  const store = new FolderWriter(dir, grown.now);
  const shelf = {
    read: async () => undefined,
    list: async () => [],
    write: async (key: string, record: unknown) => store.record(key, record) !== '',
  };
  const trust = { keys: [], fingerprints: [], admitsBeside: trustNoOther };
  const seal = sealing({ signer, trust, requiredSince: undefined, now: () => grown.now })(shelf);
  for (const manager of grown.managers) {
    const manifests = manifestsOf(manager, small, grown);
    const decisions = decide(manifests.map(entryOf), defaultRules, grown.now);
    for (const [at, manifest] of manifests.entries()) {
      const keys = keysOf(manager, manifest.snapshot.id);
      const facts = { at: new Date(manifest.times.stored), expire: decisions[at]?.expire ?? 'daily' };
      store.put(keys.archive, small.bytes, {
        ...facts,
        versionId: manifest.archive.versionId ?? 'null',
        crc32: small.crc32,
      });
      store.record(keys.manifest, await seal.sign(keys.manifest, manifest), facts);
      store.record(keys.inspection, inspectionOf(manifest), facts);
      store.record(keys.run, runOf(manifest), { at: facts.at });
    }
  }
}

interface Facts {
  readonly at: Date;
  readonly expire?: string;
  readonly versionId?: string;
  readonly crc32?: number;
}

/** Puts objects where the embedded S3 has them, with the records that it writes. */
export class FolderWriter {
  readonly #layout: BucketLayout;
  readonly #now: Date;

  constructor(dir: string, now: Date) {
    this.#layout = new BucketLayout(dir, BUCKET);
    this.#now = now;
    for (const folder of [this.#layout.objects, this.#layout.uploads, this.#layout.tmp])
      mkdirSync(folder, { recursive: true });
    writeFileSync(this.#layout.marker, JSON.stringify({ created: now.toISOString() }));
  }

  record(key: string, value: unknown, facts: Facts = { at: this.#now }): string {
    return this.put(key, Buffer.from(`${JSON.stringify(value, null, 2)}\n`), facts);
  }

  /** An object that is said to have so many bytes, and takes no room on the disk. */
  hollow(key: string, size: number, facts: Facts): void {
    this.put(key, Buffer.alloc(0), facts, size);
    truncateSync(this.#layout.plainFile(key), size);
  }

  put(
    key: string,
    bytes: Buffer,
    { at, expire, versionId = newVersionId(), crc32 }: Facts,
    size: number = bytes.length,
  ): string {
    const version: Version = {
      id: versionId,
      deleteMarker: false,
      lastModified: at.toISOString(),
      size,
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      headers: { 'content-type': key.endsWith('.json') ? 'application/json' : 'application/zip' },
      metadata: crc32 === undefined ? {} : { 'offsite-execution': 'local:bench:1:1' },
      tags: expire === undefined ? [] : [{ key: 'expire', value: expire }],
      ...(crc32 === undefined ? {} : { checksum: { crc32: crc32ToBase64(crc32), type: 'FULL_OBJECT' } }),
    };
    for (const [path, body] of [
      [this.#layout.plainFile(key), bytes],
      [this.#layout.record(key), JSON.stringify({ key, versions: [version] }, null, 1)],
    ] as const) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, body);
    }
    return versionId;
  }
}

function manifestsOf(manager: string, small: SmallArchive, { archives, now }: Grown): Manifest[] {
  const last = Math.floor(now.getTime() / 1000) * 1000 - hours(1);
  const times = Array.from({ length: archives }, (_, i) => new Date(last - hours(archives - 1 - i)));
  return times.map((at) => manifestOf(manager, at, small));
}

function entryOf(manifest: Manifest): Entry {
  const { key, versionId, size } = manifest.archive;
  const storedAt = new Date(manifest.times.stored);
  const stored = { key, versionId: versionId ?? 'null', size, storedAt, storageClass: 'STANDARD', hiddenAt: null };
  return { manifest, stored, missing: null, mark: null, keep: null, accept: null, unreadable: [] };
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

function inspectionOf({ archive, snapshot }: Manifest): InspectionRecord {
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

function runOf({ manager, snapshot, execution, times }: Manifest): RunRecord {
  const ended = { claimedAt: times.started, endedAt: times.recorded, state: 'succeeded' } as const;
  return { schema: 'cloudify-offsite/run/1', manager: manager.id, snapshot: snapshot.id, execution, ...ended };
}

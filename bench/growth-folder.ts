import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BucketLayout } from '../folder-s3/store/layout.ts';
import { newVersionId, type Version } from '../folder-s3/store/version.ts';
import { digestOf, type IndexHead, type IndexPage, type IndexRow } from '../lib/catalogue/index-records.ts';
import { defaultRules } from '../lib/config/manager-rules.ts';
import { type Decision, decide } from '../lib/retention/decide.ts';
import { nextRows } from '../lib/retention/index-rows.ts';
import { sealing } from '../lib/signing/seal.ts';
import type { Signer } from '../lib/signing/signer.ts';
import { trustNoOther } from '../lib/signing/trust.ts';
import { indexHeadOf, indexMonthOf, indexPageOf, keysOf } from '../lib/storage/layout.ts';
import type { Seal } from '../lib/storage/seal.ts';
import { crc32ToBase64 } from '../lib/zip/crc32.ts';
import {
  BUCKET,
  entryOf,
  type Grown,
  inspectionOf,
  manifestsOf,
  markOf,
  runOf,
  type SmallArchive,
} from './growth-records.ts';

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
    const recorded: Decision[] = [];
    for (const [at, manifest] of manifests.entries()) {
      const keys = keysOf(manager, manifest.snapshot.id);
      const decision = decisions[at];
      if (!decision) continue;
      const facts = { at: new Date(manifest.times.stored), expire: decision.expire };
      store.put(keys.archive, small.bytes, {
        ...facts,
        versionId: manifest.archive.versionId ?? 'null',
        crc32: small.crc32,
      });
      const signed = await seal.sign(keys.manifest, manifest);
      store.record(keys.manifest, signed, facts);
      store.record(keys.inspection, inspectionOf(manifest), facts);
      store.record(keys.run, runOf(manifest), { at: facts.at });
      const mark = markOf(manifest);
      const marked = await seal.sign(keys.mark, mark);
      store.record(keys.mark, marked, { at: facts.at });
      const source = { digest: digestOf(manifest), hasSignature: true, ...sourceOf(signed) };
      recorded.push({ ...decision, entry: { ...decision.entry, source, mark, markSource: sourceOf(marked) } });
    }
    await writeIndex(manager, rowsOf(recorded, grown.now), { store, seal, now: grown.now });
  }
}

const textOf = (record: object) => `${JSON.stringify(record, null, 2)}\n`;
const etagOf = (bytes: Buffer | string) => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** What storage and reader say of a record that was written so. */
export function sourceOf(signed: object) {
  const { signature } = signed as { signature?: { key: string } };
  return { etag: etagOf(textOf(signed)), key: signature?.key ?? '' };
}

/** As the last export has left it, after which everything was looked at. */
function rowsOf(decisions: readonly Decision[], now: Date): IndexRow[] {
  const catalogue = { absent: [], waived: [] };
  const seen = new Map(decisions.map(({ entry }) => [entry.manifest.snapshot.id, true]));
  const facts = { catalogue, decisions, policy: defaultRules.retention, now, mayLoosen: true, seen };
  return [...nextRows(new Map(), facts).values()].filter((row) => row !== null);
}

/** Head and pages of an index that was never written before. */
export async function writeIndex(
  manager: string,
  rows: Iterable<IndexRow>,
  { store, seal, now }: { readonly store: FolderWriter; readonly seal: Seal; readonly now: Date },
): Promise<void> {
  const pages: IndexHead['pages'] = {};
  for (const [month, archives] of Map.groupBy(rows, ({ snapshot }) => indexMonthOf(snapshot))) {
    const page: IndexPage = { schema: 'cloudify-offsite/index/1', manager, month, revision: 1, archives };
    const key = indexPageOf(manager, month);
    store.record(key, await seal.sign(key, page));
    pages[month] = { revision: 1, sha256: digestOf(page) };
  }
  const at = now.toISOString();
  const head: IndexHead = { schema: 'cloudify-offsite/index-head/1', manager, sequence: 1, at, pages };
  store.record(indexHeadOf(manager), await seal.sign(indexHeadOf(manager), head));
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
    return this.put(key, Buffer.from(textOf(value as object)), facts);
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
      etag: etagOf(bytes),
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

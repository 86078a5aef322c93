import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inspectAndVerify } from '../support/archives.ts';

const read = (name: string) => readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url));
const LEGACY = read('manager-5.1.0.zip');
const NEW = read('manager-7.0.0-new-format.zip');

// Every number below was counted with Python: zipfile for members, a line-by-line reader for pg_data, json for pages.

test('a legacy archive of a 5.1.0 manager gives the facts and counts of its members', async () => {
  const { verifySpans, ...facts } = await inspectAndVerify(LEGACY, { targetBytes: 10_000 });
  expect(facts).toEqual({
    format: 'legacy',
    snapshotVersion: '5.1.0',
    metadata: {
      snapshotVersion: '5.1.0',
      schemaRevision: '62a8d746d13b',
      stageSchemaRevision: '20200123095213-5_1-CreateBlueprintUserData.js',
      composerSchemaRevision: '20170601133017-4_1-init.js',
    },
    memberCount: 51,
    fileCount: 31,
    compressedBytes: 47_731,
    uncompressedBytes: 228_005,
    directoryOffset: 50_478,
    directorySize: 3_563,
    requiredMembers: ['metadata.json', 'pg_data', 'admin_account.json', 'rest-security.conf', 'networks.json'],
    inventory: {
      totals: {
        ...{ tenants: 1, users: 2, user_groups: 0, sites: 0, plugins: 0, secrets: 0, blueprints: 1, deployments: 1 },
        ...{ nodes: 2, node_instances: 2, agents: 0, executions: 9, events: 30, logs: 45 },
        ...{ tasks_graphs: 3, operations: 36, users_roles: 2, users_tenants: 2 },
      },
      tenants: { default_tenant: { blueprints: 1, deployments: 1, nodes: 2, node_instances: 2, executions: 9 } },
    },
  });
  // pg_data (24,832 bytes deflated) is larger than the target: a span of its own.
  expect(verifySpans).toContainEqual({ firstMember: 9, members: 1, start: 499, end: 25_368 });
});

test('a new archive of a 7.0.0 manager gives the facts and counts of its pages', async () => {
  const { verifySpans, ...facts } = await inspectAndVerify(NEW);
  expect(verifySpans).toEqual([{ firstMember: 0, members: 100, start: 0, end: 18_675 }]);
  expect(facts).toEqual({
    format: 'new',
    snapshotVersion: '7.1.0',
    metadata: { snapshotVersion: '7.1.0' },
    memberCount: 100,
    fileCount: 55,
    compressedBytes: 11_919,
    uncompressedBytes: 31_928,
    directoryOffset: 18_675,
    directorySize: 8_356,
    requiredMembers: ['metadata.json', 'mgmt/', 'tenants/'],
    inventory: {
      totals: {
        ...{ tenants: 3, users: 3, user_groups: 1, sites: 3, plugins: 3, secrets: 2, blueprints: 4, deployments: 2 },
        ...{ nodes: 2, node_instances: 2, agents: 1, executions: 3, events: 5, logs: 4, permissions: 5 },
        ...{ deployment_groups: 2, execution_groups: 2, deployment_updates: 1, plugins_updates: 1, tasks_graphs: 2 },
        ...{ execution_schedules: 1, inter_deployment_dependencies: 2, secrets_providers: 1 },
        ...{ deployments_filters: 1, blueprints_filters: 1 },
      },
      tenants: {
        shared: { sites: 1, secrets: 1, executions: 1, events: 2, logs: 2, blueprints: 1, plugins: 1 },
        other: { secrets_providers: 1, sites: 1 },
        default_tenant: {
          ...{ sites: 1, plugins: 2, secrets: 1, blueprints: 3, deployments: 2, nodes: 2, node_instances: 2 },
          ...{ agents: 1, executions: 2, events: 3, logs: 2, deployment_groups: 2, execution_groups: 2 },
          ...{ deployment_updates: 1, plugins_updates: 1, tasks_graphs: 2, execution_schedules: 1 },
          ...{ inter_deployment_dependencies: 2, deployments_filters: 1, blueprints_filters: 1 },
        },
      },
    },
  });
});

/** Where the fields lie that nothing depends on, and the data, by a reading of the format of its own. */
function layoutOf(bytes: Buffer) {
  const meaningless = new Map<number, string>();
  const data: { start: number; end: number }[] = [];
  const mark = (from: number, length: number, what: string) => {
    for (let at = from; at < from + length; at++) meaningless.set(at, what);
  };
  const end = bytes.length - 22;
  let at = bytes.readUInt32LE(end + 16);
  while (at < end) {
    mark(at + 4, 2, 'version made by');
    mark(at + 6, 2, 'version needed');
    mark(at + 12, 4, 'time');
    mark(at + 34, 2, 'disk');
    mark(at + 36, 6, 'attributes');
    const local = bytes.readUInt32LE(at + 42);
    mark(local + 4, 2, 'local version needed');
    mark(local + 10, 4, 'local time');
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const size = bytes.readUInt32LE(at + 20);
    data.push({ start, end: start + size });
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return { meaningless, data };
}

/**
 * Deflate has more than one way to say the same: the bits that fill the last byte, and repetitions that may be taken from
 * here or there. A few flips change the one into the other, and the member inflates to the same bytes.
 */
function inflatesAlike(bytes: Buffer, flipped: Buffer, data: { start: number; end: number } | undefined): boolean {
  if (!data) return false;
  try {
    const inflate = (from: Buffer) => inflateRawSync(from.subarray(data.start, data.end));
    return inflate(bytes).equals(inflate(flipped));
  } catch {
    return false;
  }
}

describe.each([
  ['manager-5.1.0.zip', LEGACY],
  ['manager-7.0.0-new-format.zip', NEW],
])('%s with one bit flipped', (_, bytes) => {
  test('is refused, except where the bit means nothing', async () => {
    const { meaningless, data } = layoutOf(bytes);
    const missed: string[] = [];
    const unexpected: string[] = [];
    const directory = bytes.readUInt32LE(bytes.length - 6);
    // Every 97th byte of the data and every 13th of the directory; 97 and 13 are prime to 8, so every bit has its turn.
    for (let at = 0; at < bytes.length; at += at < directory ? 97 : 13) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      const detected = await inspectAndVerify(flipped).then(
        () => false,
        () => true,
      );
      const member = data.find(({ start, end }) => start <= at && at < end);
      const field = inflatesAlike(bytes, flipped, member) ? 'same bytes' : meaningless.get(at);
      // A directory entry that needs a version above 6.3 is refused by the manager's reader, and by us.
      const harmful =
        field === undefined || (field === 'version needed' && (flipped[at] ?? 0) > 63 && bytes[at] === 20);
      if (harmful && !detected) missed.push(`byte ${at}`);
      if (!harmful && detected) unexpected.push(`byte ${at} (${field})`);
    }
    expect({ missed, unexpected }).toEqual({ missed: [], unexpected: [] });
  });

  test('cut off anywhere, it is refused as truncated', async () => {
    for (let length = 1; length < bytes.length; length += length < 64 ? 1 : 499) {
      await expect(inspectAndVerify(bytes.subarray(0, length)), `at ${length} bytes`).rejects.toMatchObject({
        name: 'ArchiveTruncated',
      });
    }
    for (let missing = 1; missing < 30; missing++) {
      const cut = bytes.subarray(0, bytes.length - missing);
      await expect(inspectAndVerify(cut), `without ${missing} bytes`).rejects.toMatchObject({
        name: 'ArchiveTruncated',
      });
    }
  });

  test('with bytes appended, it is refused as truncated', async () => {
    await expect(inspectAndVerify(Buffer.concat([bytes, Buffer.from('\n')]))).rejects.toMatchObject({
      name: 'ArchiveTruncated',
    });
  });
});

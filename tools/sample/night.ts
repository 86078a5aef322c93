import { seconds } from '../../lib/base/durations.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { Manifest } from '../../lib/catalogue/records.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import type { Profile } from './profiles.ts';

/** A repeatable random number from 0 to 1 for a thing that has a name. */
export function chance(name: string): number {
  let hash = 2166136261;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** The manifest of one night that succeeded, `ago` days before the end of the sample. */
export function manifestOf(profile: Profile, slot: Date, ago: number): Manifest {
  const { id, version, bytes, growth, flagged = [] } = profile;
  const snapshot = snapshotIdAt(slot);
  const isFlagged = flagged.includes(ago);
  const wobble = 1 + 0.03 * (chance(`${id} ${snapshot} size`) - 0.5);
  const size = Math.round(bytes * growth ** ((365 - ago) / 365) * wobble * (isFlagged ? 0.41 : 1));
  const totals = totalsOf(profile, ago, isFlagged);
  const format = version.startsWith('7') ? ('new' as const) : ('legacy' as const);
  const times = timesOf(slot, 40 + 30 * chance(`${id}${snapshot}a`) + size / 40e6, size);
  return {
    schema: 'cloudify-offsite/manifest/1',
    manager: { id, version, edition: 'premium', node: `https://${id}.example.com` },
    snapshot: {
      ...{ id: snapshot, format, version, requiredMembers: ['metadata.json'], memberCount: 128 },
      ...{ compressedBytes: size, uncompressedBytes: size * 3 },
    },
    archive: {
      ...{ bucket: 'offsite', key: keysOf(id, snapshot).archive, versionId: snapshot.slice(8, -1).repeat(2), size },
      ...{ crc32: 'AAAAAA==', sourceEtag: '"6b02fe49-10000000"', partSize: 2 ** 24, parts: Math.ceil(size / 2 ** 24) },
    },
    verification: { members: 128, bytes: size, verifiedAt: times.recorded },
    inventory: { totals, tenants: {} },
    ...(isFlagged ? { flags: [fallOf(profile, totals)] } : {}),
    times,
    execution: `arn:aws:states:eu-central-1:111122223333:execution:offsite-export:${snapshot}`,
    software: 'cloudify-offsite 0.1.0',
  };
}

function fallOf({ items }: Profile, totals: Readonly<Record<string, number>>) {
  const [before, now] = [items['deployments'] ?? 0, totals['deployments'] ?? 0];
  return { kind: 'drift' as const, type: 'deployments', before, now, percent: 94 };
}

/** Somebody adds something every nine days. */
function totalsOf({ items, growth }: Profile, ago: number, isFlagged: boolean): Record<string, number> {
  const grown = growth ** ((365 - Math.floor(ago / 9) * 9) / 365);
  return Object.fromEntries(
    Object.entries(items).map(([type, many]) => {
      const now = Math.max(1, Math.round(many * grown));
      return [type, isFlagged && type === 'deployments' ? Math.round(now * 0.06) : now];
    }),
  );
}

function timesOf(slot: Date, snapshotSeconds: number, size: number): Manifest['times'] {
  const at = (offset: number) => new Date(slot.getTime() + seconds(Math.round(offset))).toISOString();
  const ready = 18 + snapshotSeconds;
  return {
    ...{ scheduled: slot.toISOString(), started: at(2), snapshotRequested: at(18), snapshotReady: at(ready) },
    ...{ stored: at(ready + size / 9e6), recorded: at(ready + size / 9e6 + size / 24e6) },
  };
}

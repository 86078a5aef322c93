import type { KeepRecord, Manifest, MarkRecord } from '../../lib/catalogue/records.ts';
import type { RetentionPolicy } from '../../lib/config/retention.ts';
import type { ModelBucket, ModelVersion } from './model-bucket.ts';

/** What should become of an archive, worked out for the tests from the documentation, by other means than the product. */
export interface KnownArchive {
  readonly id: string;
  readonly ready: number;
  readonly version: ModelVersion;
  readonly good: boolean;
  readonly tag: string;
  readonly class: Class;
}

const CLASSES = ['yearly', 'monthly', 'weekly', 'daily'] as const;
export type Class = (typeof CLASSES)[number];

/** All that the records of one manager say at this moment. */
export interface Known {
  readonly held: number;
  readonly archives: readonly KnownArchive[];
}

export const MANAGER = 'm1';

export function knownOf(bucket: ModelBucket, policy: RetentionPolicy, zone: string, now: number): Known {
  const found: Found[] = [];
  for (const record of bucket.current('manifests/')) {
    const one = lookAt(bucket, record.value as Manifest, now);
    if (one.version) found.push(one);
  }
  found.sort((a, b) => a.ready - b.ready || (a.id < b.id ? -1 : 1));
  const newestGood = found.filter(({ good }) => good).slice(-policy.held);
  const floor = newestGood.length < policy.held ? Number.NEGATIVE_INFINITY : (newestGood[0]?.ready ?? 0);
  const doubtful = found.filter(({ good, ready }) => !good && ready > floor).slice(-policy.held);
  const archives = found.map((one, at): KnownArchive => {
    const own = classOf(one, found.slice(0, at), zone);
    const held = newestGood.includes(one) || doubtful.includes(one);
    return { ...one, version: one.version as ModelVersion, class: own, tag: one.kept ? 'kept' : held ? 'held' : own };
  });
  return { held: policy.held, archives };
}

interface Found {
  readonly id: string;
  readonly ready: number;
  readonly version: ModelVersion | undefined;
  readonly good: boolean;
  readonly kept: boolean;
}

function lookAt(bucket: ModelBucket, { snapshot: { id }, archive, times, flags = [] }: Manifest, now: number): Found {
  const version = bucket.version(archive.key, archive.versionId ?? 'null');
  const beside = <T>(kind: string) => {
    const key = archive.key.replace('archives/', `${kind}/`).replace('.zip', '.json');
    return bucket.newest(key)?.value as T | undefined;
  };
  const keep = beside<KeepRecord>('keeps');
  const isDamaged = beside<MarkRecord>('marks')?.result === 'damaged';
  return {
    id,
    ready: Date.parse(times.snapshotReady),
    version,
    good: version !== undefined && (flags.length === 0 || beside('accepts') !== undefined) && !isDamaged,
    kept: keep !== undefined && (keep.until === null || Date.parse(keep.until) > now),
  };
}

/** The most lasting class of which there was none before it: no good one, and for an odd one none at all. */
function classOf(own: Found, earlier: readonly Found[], zone: string): Class {
  const rivals = own.good ? earlier.filter(({ good }) => good) : earlier;
  const isFirst = (name: Class) => {
    const period = periodOf(own.ready, zone, name);
    return !rivals.some(({ ready }) => periodOf(ready, zone, name) === period);
  };
  return CLASSES.find(isFirst) ?? 'daily';
}

const days = new Map<string, string>();

/** `2026-11-22`, as Sweden writes dates. */
function dayOf(time: number, zone: string): string {
  const key = `${zone}${time}`;
  const known = days.get(key);
  if (known) return known;
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(time);
  days.set(key, day);
  return day;
}

function periodOf(time: number, zone: string, name: Class): string {
  const day = dayOf(time, zone);
  if (name === 'daily') return day;
  if (name === 'monthly') return day.slice(0, 7);
  if (name === 'yearly') return day.slice(0, 4);
  // A week is known by its Monday.
  const monday = new Date(`${day}T12:00:00Z`);
  while (monday.getUTCDay() !== 1) monday.setUTCDate(monday.getUTCDate() - 1);
  return monday.toISOString().slice(0, 10);
}

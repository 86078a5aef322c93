import type { LifecycleRule } from '../../lib/config/lifecycle.ts';
import type { Tags, Where } from '../../lib/storage/protection.ts';
import type { StoredVersion } from '../../lib/storage/versions.ts';

export const DAY = 86_400_000;

/** S3 rounds the end of a rule's days up to the next midnight UTC (aws: object lifecycle). */
export const midnightAfter = (time: number) => Math.ceil(time / DAY) * DAY;

export interface ModelVersion {
  readonly key: string;
  readonly id: string;
  /** Undefined: a delete marker. */
  readonly value: unknown;
  readonly size: number;
  readonly created: number;
  tags: Record<string, string>;
  storageClass: string;
  /** When something took its place. */
  hiddenAt: number | undefined;
  hold: boolean;
}

/** What the lifecycle did to a version. */
export interface LifecycleEvent {
  readonly did: 'hid' | 'removed' | 'moved';
  readonly version: ModelVersion;
  readonly at: number;
}

/** Thrown where a process is killed: no code of ours catches it. */
export class Killed extends Error {}

/**
 * S3 after its documentation, in memory: versions, delete markers, tags per version, conditional writes, legal holds, and
 * the lifecycle of a versioned bucket. Written for the tests alone, and from nothing that the product reckons with.
 */
export class ModelBucket {
  readonly uploads: { readonly key: string; readonly initiated: number }[] = [];
  readonly #versions = new Map<string, ModelVersion[]>();
  /** What is added to a record when it is written: the oddness of a night, which is not what is tested here. */
  readonly amended = new Map<string, object>();
  now: () => number;
  #count = 0;
  #isDue = true;
  #nextDue = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * As the product sees it: the records, the list of versions, tags and legal holds, for one process. `request` is called
   * before and after each request; it throws `Killed`, or lets others go first.
   */
  port(request: (when: 'before' | 'after') => void | Promise<void> = () => undefined) {
    const ask = async <T>(work: () => T): Promise<T> => {
      await request('before');
      const answer = work();
      await request('after');
      return answer;
    };
    return {
      bucketName: 'model',
      place: 'bucket model',
      records: {
        read: (key: string) =>
          ask(() => {
            const found = this.newest(key);
            return found?.value === undefined ? undefined : { value: found.value as never, etag: found.id };
          }),
        write: (key: string, value: unknown, expected: 'absent' | 'any' | { etag: string }) =>
          ask(() => {
            const found = this.newest(key);
            const live = found?.value === undefined ? undefined : found;
            if (expected === 'absent' && live) return false;
            if (typeof expected === 'object' && live?.id !== expected.etag) return false;
            this.put(key, { ...(value as object), ...this.amended.get(key) });
            return true;
          }),
        list: (prefix: string) =>
          ask(() =>
            this.current(prefix)
              .sort((a, b) => (a.key < b.key ? -1 : 1))
              .map(({ key, created, id }) => ({ key, lastModified: new Date(created), etag: id })),
          ),
        remove: (key: string) => ask(() => void this.hide(key)),
      },

      versions: (prefix: string): Promise<StoredVersion[]> =>
        ask(() =>
          this.all()
            .filter(({ key, value }) => key.startsWith(prefix) && value !== undefined)
            .map(({ key, id, size, created, storageClass, hiddenAt }) => ({
              ...{ key, versionId: id, size, storageClass, storedAt: new Date(created) },
              hiddenAt: hiddenAt === undefined ? null : new Date(hiddenAt),
            })),
        ),

      head: (key: string, versionId?: string) =>
        ask(() => {
          const found = this.#find({ key, ...(versionId === undefined ? {} : { versionId }) });
          if (!found) return undefined;
          const { size, id, created } = found;
          return {
            size,
            versionId: id,
            crc32: undefined,
            metadata: {},
            storedAt: new Date(created),
            replication: undefined,
          };
        }),

      protection: {
        tagsOf: (where: Where): Promise<Tags | undefined> =>
          ask(() => {
            const found = this.#find(where);
            return found && { versionId: found.id, tags: found.tags };
          }),
        tag: (where: Where, tags: Tags['tags']) =>
          ask(() => {
            const found = this.#find(where);
            if (!found) return false;
            found.tags = { ...tags };
            this.#isDue = true;
            return true;
          }),
        legalHold: (where: Where) => ask(() => (this.#find(where)?.hold ? ('on' as const) : ('off' as const))),
        setLegalHold: (where: Where, hold: 'on' | 'off') =>
          ask(() => {
            const found = this.#find(where);
            if (found) found.hold = hold === 'on';
            this.#isDue = true;
          }),
      },
    };
  }

  all(): ModelVersion[] {
    return [...this.#versions.values()].flat();
  }

  /** What a plain list shows. */
  current(prefix: string): ModelVersion[] {
    const found: ModelVersion[] = [];
    for (const [key, [newest]] of this.#versions) {
      if (newest && key.startsWith(prefix) && newest.value !== undefined) found.push(newest);
    }
    return found;
  }

  version(key: string, id: string): ModelVersion | undefined {
    return this.#versions.get(key)?.find((version) => version.id === id);
  }

  newest(key: string): ModelVersion | undefined {
    return this.#versions.get(key)?.[0];
  }

  put(key: string, value: unknown, size = 5, created = this.now()): ModelVersion {
    const id = `v${++this.#count}`;
    const version = {
      key,
      id,
      value,
      size,
      created,
      tags: {},
      storageClass: 'STANDARD',
      hiddenAt: undefined,
      hold: false,
    };
    const [newest] = this.#versions.get(key) ?? [];
    if (newest) newest.hiddenAt = this.now();
    this.#versions.set(key, [version, ...(this.#versions.get(key) ?? [])]);
    this.#isDue = true;
    return version;
  }

  beginUpload(key: string): void {
    this.uploads.push({ key, initiated: this.now() });
    this.#isDue = true;
  }

  /** A plain delete: a marker on top. */
  hide(key: string): void {
    this.put(key, undefined, 0);
  }

  erase({ key, id }: ModelVersion): void {
    const left = (this.#versions.get(key) ?? []).filter((version) => version.id !== id);
    if (left.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, left);
    if (left[0]) left[0].hiddenAt = undefined;
    this.#isDue = true;
  }

  /** Nothing happens before this midnight. */
  get nextDue(): number {
    return this.#isDue ? 0 : this.#nextDue;
  }

  /** What the lifecycle does at a midnight. Gives nothing at once when nothing can be due. */
  lifecycle(rules: readonly LifecycleRule[], midnight: number): LifecycleEvent[] {
    if (!this.#isDue && midnight < this.#nextDue) return [];
    const events: LifecycleEvent[] = [];
    let next = Number.POSITIVE_INFINITY;
    const due = (since: number, days: (number | undefined)[]) => {
      const least = Math.min(...days.map((d) => d ?? Number.POSITIVE_INFINITY));
      if (least === Number.POSITIVE_INFINITY) return false;
      const when = midnightAfter(since + least * DAY);
      if (when > midnight) next = Math.min(next, when);
      return when <= midnight;
    };
    for (const version of this.all()) {
      const matching = rules.filter((rule) => matches(rule, version));
      const isMarker = version.value === undefined;
      if (version.hiddenAt !== undefined) {
        if (
          !due(
            version.hiddenAt,
            matching.map((rule) => rule.noncurrentDays),
          ) ||
          version.hold
        )
          continue;
        this.#remove(version);
        events.push({ did: 'removed', version, at: midnight });
        next = midnight;
      } else if (isMarker) {
        const isAlone = this.#versions.get(version.key)?.length === 1;
        if (isAlone && matching.some((rule) => rule.expiredDeleteMarkers)) this.#remove(version);
      } else {
        for (const { transition } of matching) {
          if (!transition || version.storageClass === transition.storageClass) continue;
          if (!due(version.created, [transition.days])) continue;
          version.storageClass = transition.storageClass;
          events.push({ did: 'moved', version, at: midnight });
        }
        if (
          !due(
            version.created,
            matching.map((rule) => rule.expirationDays),
          )
        )
          continue;
        version.hiddenAt = midnight;
        this.#versions.get(version.key)?.unshift({
          ...{ key: version.key, id: `m${++this.#count}`, value: undefined, size: 0, created: midnight },
          ...{ tags: {}, storageClass: 'STANDARD', hiddenAt: undefined, hold: false },
        });
        events.push({ did: 'hid', version, at: midnight });
        next = midnight;
      }
    }
    for (const upload of [...this.uploads]) {
      if (
        due(
          upload.initiated,
          rules.map((rule) => rule.abortUploadsAfterDays),
        )
      ) {
        this.uploads.splice(this.uploads.indexOf(upload), 1);
      }
    }
    this.#nextDue = next === midnight ? midnight + DAY : next;
    this.#isDue = false;
    return events;
  }

  #remove({ key, id }: ModelVersion): void {
    const left = (this.#versions.get(key) ?? []).filter((version) => version.id !== id);
    if (left.length === 0) this.#versions.delete(key);
    else this.#versions.set(key, left);
  }

  #find({ key, versionId }: Where): ModelVersion | undefined {
    const found = versionId === undefined ? this.newest(key) : this.#versions.get(key)?.find((v) => v.id === versionId);
    return found?.value === undefined ? undefined : found;
  }
}

function matches({ prefix = '', tag }: LifecycleRule, { key, tags }: ModelVersion): boolean {
  return key.startsWith(prefix) && (tag === undefined || tags[tag.key] === tag.value);
}

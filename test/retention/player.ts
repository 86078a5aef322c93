import type { recordArchive } from '../../functions/record-archive.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { lifecycleRules } from '../../lib/config/lifecycle.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import type { Deps } from '../../lib/deps.ts';
import type { applyRetention } from '../../lib/retention/apply.ts';
import type { endKeep, keepArchive } from '../../lib/retention/keep.ts';
import type { retain } from '../../lib/retention/retain.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import type { InputOf } from '../../lib/workflow/contracts.ts';
import { FELL, markOf } from '../support/manifests.ts';
import { type Known, type KnownArchive, knownOf, MANAGER } from './known.ts';
import { DAY, Killed, type LifecycleEvent, ModelBucket, type ModelVersion, midnightAfter } from './model-bucket.ts';

/** The product's own code: as it is, or with a fault planted in it. */
export interface Product {
  readonly recordArchive: typeof recordArchive;
  readonly applyRetention: typeof applyRetention;
  readonly retain: typeof retain;
  readonly keepArchive: typeof keepArchive;
  readonly endKeep: typeof endKeep;
  readonly lifecycleRules: typeof lifecycleRules;
}

/** What happens. `kill`: the process dies at that request to storage; undefined or beyond the last: it does not. */
export type Happening =
  | {
      readonly what: 'night';
      readonly minute: number;
      readonly result: 'good' | 'flagged' | 'failed' | 'corrupt';
      /** Run by hand so many days after the time that it is named for. */
      readonly lateDays: number;
      readonly hours: number;
      readonly kills: readonly number[];
    }
  | { readonly what: 'wait'; readonly days: number }
  | { readonly what: 'scrub'; readonly pick: number; readonly damaged: boolean; readonly kill: number }
  | { readonly what: 'keep'; readonly pick: number; readonly days: number | null; readonly kill: number }
  | { readonly what: 'unkeep' | 'accept'; readonly pick: number }
  | { readonly what: 'policy'; readonly policy: object }
  /** At the same time, their requests in the order of the seed. */
  | { readonly what: 'together'; readonly these: readonly Happening[]; readonly seed: number };

export interface History {
  readonly zone: string;
  readonly start: string;
  readonly policy: object;
  readonly happenings: readonly Happening[];
}

const HOUR = 3600_000;

/** Plays a history in virtual time, and throws at the first thing that must not be. */
export class Player {
  readonly #product: Product;
  readonly #zone: string;
  readonly bucket: ModelBucket;
  #now: number;
  #policy: RetentionPolicy;
  /** Every policy that ever held, for what was let go under one and removed under another. */
  readonly #policies: RetentionPolicy[];
  /** What the records have said since the last run of retention that came to its end: any of it may be in the tags. */
  #views: Known[] = [];
  /** Retention was applied, to its end, by what happens now. */
  #applied = false;
  /** Something is not applied yet; the daily reconciliation does it. */
  #pending = false;
  /** When a version was first let go. */
  readonly #letGo = new Map<string, number>();
  #nights = 0;
  /** Histories tell their story, for who reads a counterexample. */
  readonly story: string[] = [];

  constructor(product: Product, { zone, start, policy }: History) {
    this.#product = product;
    this.#zone = zone;
    this.#now = Date.parse(start);
    this.#policy = RetentionPolicy.parse(policy);
    this.#policies = [this.#policy];
    this.bucket = new ModelBucket(() => this.#now);
  }

  async play(happenings: readonly Happening[]): Promise<void> {
    for (const happening of happenings) await this.#happen(happening);
    await this.#end();
  }

  async #happen(happening: Happening): Promise<void> {
    if (happening.what === 'wait') return await this.#passTo(this.#now + happening.days * DAY);
    if (happening.what === 'night')
      await this.#passTo(Math.floor(this.#now / DAY) * DAY + DAY + happening.minute * 60_000);
    else await this.#passTo(this.#now + HOUR);
    if (happening.what === 'policy') {
      this.#policy = RetentionPolicy.parse(happening.policy);
      this.#policies.push(this.#policy);
      this.#tell(`the policy is ${JSON.stringify(happening.policy)}`);
      this.#pending = true;
      this.#view();
      return;
    }
    this.#view();
    if (happening.what === 'together') await this.#together(happening.these, happening.seed);
    else await this.#do(happening, () => undefined);
    this.#view();
    if (this.#applied && !this.#pending && !this.#keepEnded()) this.#settled();
    this.#applied = false;
  }

  /** Each of them on its own, but one request after another in an order that the seed decides. */
  async #together(these: readonly Happening[], seed: number): Promise<void> {
    const waiting: (() => void)[] = [];
    let alive = these.length;
    const turn = () => new Promise<void>((resolve) => void waiting.push(resolve));
    const all = these.map(async (one) => {
      await turn();
      await this.#do(one, turn).finally(() => {
        alive -= 1;
      });
    });
    let random = seed;
    while (alive > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      waiting.splice((random >>> 8) % Math.max(1, waiting.length), 1)[0]?.();
      this.#view();
    }
    await Promise.all(all);
  }

  async #do(one: Happening, turn: () => void | Promise<void>): Promise<void> {
    if (one.what === 'night') return await this.#night(one, turn);
    const present = this.#known().archives;
    if (!('pick' in one) || present.length === 0) return;
    // The newest ones are what matters most.
    const picked = present[present.length - 1 - (one.pick % present.length)];
    if (!picked) return;
    if (one.what === 'scrub') {
      const told = await this.#process(
        `a scrub finds ${picked.id} ${one.damaged ? 'damaged' : 'sound'}`,
        one.kill,
        turn,
        async (deps) => {
          const mark = markOf(MANAGER, picked.id, picked.version.id, one.damaged);
          await deps.archive.records.write(keysOf(MANAGER, picked.id).mark, mark, 'any');
          if (one.damaged) await this.#product.retain(MANAGER, deps);
        },
      );
      this.#applied ||= told && one.damaged;
      // Sound again after a word of damage: nobody is in a hurry.
      if (!one.damaged || !told) this.#pending = true;
    } else if (one.what === 'keep') {
      const until = one.days === null ? null : new Date(this.#now + one.days * DAY);
      await this.#process(`somebody keeps ${picked.id} until ${until?.toISOString()}`, one.kill, turn, (deps) =>
        // Others change tags at the same time: then it says that not all is protected yet, and the next run of retention does
        // it. Whether it does is what the invariants look at.
        this.#product.keepArchive(MANAGER, picked.id, { until }, deps).catch((error: unknown) => {
          if (!(error instanceof Error) || error.name !== 'StorageRefused') throw error;
        }),
      );
      this.#pending = true;
    } else if (one.what === 'accept') {
      const record = { schema: 'cloudify-offsite/accept/1', manager: MANAGER, snapshot: picked.id };
      await this.#process(`somebody accepts ${picked.id}`, 0, turn, (deps) =>
        deps.archive.records.write(keysOf(MANAGER, picked.id).accept, record, 'any'),
      );
      this.#pending = true;
    } else if (one.what === 'unkeep') {
      await this.#process(`nobody keeps ${picked.id} any more`, 0, turn, (deps) =>
        this.#product.endKeep(MANAGER, picked.id, deps),
      );
      this.#pending = true;
    }
  }

  async #night(night: Extract<Happening, { what: 'night' }>, turn: () => void | Promise<void>): Promise<void> {
    this.#nights += 1;
    // Seconds make each one's name its own.
    const scheduled = new Date(this.#now - night.lateDays * DAY + this.#nights * 1000);
    const snapshot = snapshotIdAt(scheduled);
    const keys = keysOf(MANAGER, snapshot);
    if (night.result === 'failed') {
      this.bucket.beginUpload(keys.archive);
      return this.#tell(`${snapshot} fails`);
    }
    const archive = this.bucket.put(keys.archive, 'bytes', 5);
    if (night.result === 'corrupt') {
      this.#tell(`${snapshot} is corrupt`);
      // Its clean-up died as well, now and then.
      if (night.hours % 2 === 0) this.bucket.erase(archive);
      return;
    }
    // No two at the same moment: which of them is first nobody could say.
    const input = inputOf(snapshot, archive, this.#now + night.hours * 60_000 + this.#nights);
    const { owner: execution, startedAt: claimedAt } = input.run;
    this.bucket.put(keys.run, { ...{ manager: MANAGER, snapshot, execution, claimedAt, state: 'running' } });
    this.bucket.put(keys.inspection, inspectionOf(archive.id));
    if (night.result === 'flagged') this.bucket.amended.set(keys.manifest, { flags: FELL });
    let done = false;
    for (const kill of [...night.kills, 0]) {
      done = await this.#process(`${snapshot} (${night.result}) is recorded`, kill, turn, (deps) =>
        this.#product.recordArchive.run(input, deps as Deps),
      );
      if (done) break;
      this.#pending = true;
      // Every second one nobody tries again.
      if (kill % 2 === 0) break;
    }
    this.#applied ||= done;
    if (done || this.bucket.newest(keys.manifest)) return;
    // As clean-up does it.
    this.bucket.erase(archive);
    this.bucket.hide(keys.inspection);
  }

  /** Gives whether it came to its end. */
  async #process(
    what: string,
    kill: number,
    turn: () => void | Promise<void>,
    work: (deps: ReturnType<Player['deps']>) => Promise<unknown>,
  ): Promise<boolean> {
    let requests = 0;
    const deps = this.deps(async (when) => {
      requests += when === 'before' ? 1 : 0;
      // Odd numbers die before the request, even ones after it.
      if (kill > 0 && requests >= Math.ceil(kill / 2) && when === (kill % 2 ? 'before' : 'after')) throw new Killed();
      if (when === 'before') await turn();
    });
    try {
      await work(deps);
      this.#tell(what);
      return true;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.#tell(`${what}: killed at request ${Math.ceil(kill / 2)}`);
      this.#pending = true;
      return false;
    }
  }

  deps(request?: (when: 'before' | 'after') => void | Promise<void>) {
    const log = () => undefined;
    return {
      archive: this.bucket.port(request) as unknown as Deps['archive'],
      clock: { now: () => new Date(this.#now), sleep: async () => undefined },
      rulesOf: () => ({ timeZone: this.#zone, schedule: undefined, retention: this.#policy, driftPercent: 50 }),
      log: { info: log, warn: log, error: log },
      metrics: { put: log },
      signal: new AbortController().signal,
    } as unknown as Deps;
  }

  // --- Time ---

  /** Day after day: at midnight the lifecycle, later in the day the reconciliation, if there is anything to do. */
  async #passTo(time: number): Promise<void> {
    for (;;) {
      const next = this.#nextMidnight();
      if (next > time) break;
      this.#now = next;
      const rules = this.#product.lifecycleRules(this.#policy);
      this.#check(this.bucket.lifecycle(rules, next));
      this.#now = next + 1;
      if (this.#pending || this.#keepEnded()) await this.#reconcile();
    }
    this.#now = Math.max(this.#now, time);
  }

  #nextMidnight(): number {
    const tomorrow = Math.floor(this.#now / DAY) * DAY + DAY;
    if (this.#pending) return tomorrow;
    return Math.max(
      tomorrow,
      Math.min(this.bucket.nextDue, midnightAfter(this.#keepEnds()[0] ?? Number.POSITIVE_INFINITY)),
    );
  }

  /** When wishes end that are still in force as far as the tags say. */
  #keepEnds(): number[] {
    const keeps = this.bucket.current('keeps/');
    const ends = keeps.flatMap(({ value }) => Date.parse((value as { until: string | null }).until ?? '') || []);
    return ends.filter((end) => end > this.#lastPass).sort((a, b) => a - b);
  }

  #lastPass = 0;
  #keepEnded = () => this.#keepEnds().some((end) => end <= this.#now);

  async #reconcile(): Promise<void> {
    this.#view();
    await this.#product.applyRetention(MANAGER, this.deps());
    this.#settled();
  }

  #known = () => knownOf(this.bucket, this.#policy, this.#zone, this.#now);
  #view = () => void this.#views.push(this.#known());
  #tell = (what: string) => void this.story.push(`${new Date(this.#now).toISOString().slice(0, 16)} ${what}`);

  // --- What must hold ---

  /** After retention has come to its end: every tag is right. */
  #settled(): void {
    const known = this.#known();
    this.#views = [known];
    this.#pending = false;
    this.#lastPass = this.#now;
    for (const { id, tag, version } of known.archives) {
      const keys = keysOf(MANAGER, id);
      const objects = [version, this.bucket.newest(keys.manifest), this.bucket.newest(keys.inspection)];
      const tags = objects.map((object) => (object?.value === undefined ? tag : object.tags['expire']));
      if (tags.some((each) => each !== tag))
        this.#fail(`${id} should be ${tag}; archive, manifest, inspection are ${tags}`);
      if (tag === 'kept' && !version.hold) this.#fail(`${id} is kept and has no legal hold`);
      if (tag !== 'kept' && version.hold) this.#fail(`${id} is not kept and has a legal hold`);
      for (const object of objects) {
        if (!object) continue;
        if (tag === 'held' || tag === 'kept') this.#letGo.delete(object.id);
        else if (!this.#letGo.has(object.id)) this.#letGo.set(object.id, this.#now);
      }
    }
  }

  #check(events: readonly LifecycleEvent[]): void {
    for (const event of events) {
      const { key } = event.version;
      if (event.did === 'hid') this.#tell(`S3 hides ${key}`);
      if (event.did === 'removed') this.#tell(`S3 removes ${key}`);
      if (!key.startsWith('archives/')) continue;
      if (event.did === 'hid') this.#checkHidden(event);
      if (event.did === 'removed') this.#checkRemoved(event);
    }
    // The word about an archive does not go before it.
    for (const { did, version } of events) {
      if (did !== 'hid' || !version.key.startsWith('manifests/')) continue;
      const archive = this.bucket.newest(version.key.replace('manifests/', 'archives/').replace('.json', '.zip'));
      if (archive?.value !== undefined) this.#fail(`${version.key} goes before its archive`);
    }
  }

  /** Nothing is hidden that some word since the last run holds, and of good ones enough newer ones are there. */
  #checkHidden({ version, at }: LifecycleEvent): void {
    const reasons = this.#views.map((view) => this.#whyNot(view, version, at));
    if (!reasons.includes(undefined)) this.#fail(`S3 hides ${version.key}: ${[...new Set(reasons)].join('; or ')}`);
  }

  #whyNot({ archives, held }: Known, version: ModelVersion, at: number): string | undefined {
    const own = archives.find((archive) => archive.version.id === version.id);
    if (!own) return 'it is not recorded';
    if (own.tag === 'kept') return 'it is kept';
    const after = archives.slice(archives.indexOf(own) + 1);
    // One that S3 hid before it was held again stays behind its marker: it is read by its version, so it is there.
    const stays = ({ version: { hiddenAt, tags } }: KnownArchive) =>
      hiddenAt === undefined || ['held', 'kept'].includes(tags['expire'] ?? '');
    const newer = after.filter((one) => one.good && stays(one));
    if (own.good && newer.length < held) return `only ${newer.length} good ones are newer, not ${held}`;
    if (own.tag === 'held') return 'it is one of those that are held';
    const days = this.#policy.days[own.class] - this.#policy.undoDays;
    if (at < version.created + days * DAY) return `it is ${own.class} and not ${days} days old`;
    return undefined;
  }

  #checkRemoved({ version, at }: LifecycleEvent): void {
    const hiddenFor = at - (version.hiddenAt ?? at);
    if (hiddenFor < this.#policy.undoDays * DAY)
      this.#fail(`${version.key} was hidden for ${hiddenFor / DAY} days only`);
    this.#checkAge(version, at);
  }

  /** A day for the midnight after each of the two terms, and one for the run that let it go. */
  #checkAge(version: ModelVersion, at: number): void {
    const since = this.#letGo.get(version.id);
    if (since === undefined) return;
    const own = this.#known().archives.find((archive) => archive.version.id === version.id);
    const of = (policy: RetentionPolicy) => policy.days[own?.class ?? 'yearly'];
    const days = Math.max(...this.#policies.map(of));
    const undo = Math.max(...this.#policies.map(({ undoDays }) => undoDays));
    const latest = Math.max(midnightAfter(version.created + days * DAY), midnightAfter(since) + undo * DAY) + 2 * DAY;
    if (at > latest) this.#fail(`${version.key} is there ${(at - latest) / DAY} days too long`);
  }

  /** When nothing happens any more, in the end only what is held or kept is left, and nothing of uploads and markers. */
  async #end(): Promise<void> {
    await this.#reconcile();
    const longest = Math.max(...this.#policies.map(({ days }) => days.yearly));
    // What hides behind a marker in the folders of records goes after 90 days.
    const end = this.#now + (Math.max(longest, 95) + 10) * DAY;
    await this.#passTo(end);
    const known = this.#known();
    const stay = new Set(
      known.archives.filter(({ tag }) => tag === 'held' || tag === 'kept').map(({ version }) => version.id),
    );
    for (const { key, id, value, tags } of this.bucket.all()) {
      if (key.startsWith('archives/') && tags['expire'] !== undefined && !stay.has(id))
        this.#fail(`${key} is there for ever`);
      const isAlone = !this.bucket.all().some((other) => other.key === key && other.value !== undefined);
      if (value === undefined && isAlone) this.#fail(`a delete marker of ${key} is there for ever`);
      if (/^(manifests|inspections)/.test(key) && !['held', 'kept'].includes(tags['expire'] ?? ''))
        this.#fail(`${key} is there for ever`);
    }
    if (this.bucket.uploads.length > 0) this.#fail('an unfinished upload is there for ever');
    const good = known.archives.filter((archive) => archive.good).length;
    const expected = Math.min(this.#policy.held, this.#goodEver());
    if (good < expected) this.#fail(`${good} good archives are left, not ${expected}`);
  }

  /** Good ones that were ever recorded and that nobody found damaged: their manifests are in the history of the bucket. */
  #goodEver(): number {
    return Math.min(...this.#views.map(({ archives }) => archives.filter(({ good }) => good).length));
  }

  #fail(why: string): never {
    throw new Error(`${new Date(this.#now).toISOString()}: ${why}`);
  }
}

function inputOf(snapshot: string, archive: ModelVersion, ready: number): InputOf<'RecordArchive'> {
  const at = new Date(archive.created).toISOString();
  return {
    run: {
      ...{ manager: MANAGER, snapshot, scheduledTime: at, startedAt: at, node: 'https://m1.example' },
      ...{ version: '7.0.5', edition: 'premium', outcome: 'claimed', owner: `e-${snapshot}` },
    },
    creation: {
      ...{ executionId: null, requestedAt: at, status: 'ready', createdSeenAt: null },
      ...{ readyAt: new Date(ready).toISOString(), waitSeconds: 2 },
    },
    transfer: {
      ...{ node: 'https://m1.example', size: 5, etag: null, ranges: true, partSize: 5, parts: 1 },
      ...{ partsPerSpan: 1, uploadId: 'u' },
    },
    stored: { size: 5, crc32: 'AAAAAA==', versionId: archive.id, storedAt: at },
    verified: [{ members: 3, bytes: 1 }],
  };
}

function inspectionOf(versionId: string) {
  return {
    schema: 'cloudify-offsite/inspection/1',
    ...{ versionId, format: 'new', snapshotVersion: '7.0.5', memberCount: 3, compressedBytes: 1, uncompressedBytes: 1 },
    ...{ requiredMembers: [], inventory: { totals: { tenants: 1 }, tenants: {} } },
    spans: [{ firstMember: 0, members: 3, start: 0, end: 4 }],
  };
}

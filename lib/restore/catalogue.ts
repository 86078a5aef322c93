import type { Listed } from '../archive/ledger.ts';
import { Manifest } from '../archive/records.ts';
import { ArchiveNotFound, RecordConflict } from '../errors.ts';
import { keysOf, timeOfSnapshotId } from '../names.ts';
import { recordedArchive } from '../recorded.ts';
import type { Deps } from '../step.ts';
import type { RestoreInput } from './input.ts';

type Use = Pick<Deps, 'archive'>;

/** A manifest whose archive is there, and what had to be passed over on the way to it. */
export interface Found {
  readonly manifest: Manifest;
  readonly notes: readonly string[];
}

/** What is asked for, without the wish for a URL. */
export type Wanted = Pick<RestoreInput, 'archive' | 'sourceManager' | 'manager'>;

/**
 * The archive that the input asks for, by its manifest: an archive without one was never verified. Throws
 * `ArchiveNotFound`; for an id `RecordConflict` as well, when its manifest is not one.
 */
export async function findArchive(input: Wanted, deps: Use): Promise<Found> {
  const manager = input.sourceManager ?? input.manager;
  const { archive = 'latest' } = input;
  if (archive === 'latest') return await newest(manager, undefined, deps);
  if (typeof archive === 'string') return await byId(manager, archive, deps);
  return await newest(manager, new Date(archive.asOf), deps);
}

async function byId(manager: string, snapshot: string, deps: Use): Promise<Found> {
  const { manifest: key, archive } = keysOf(manager, snapshot);
  const { bucketName, ledger } = deps.archive;
  const manifest = await recorded(manager, snapshot, deps);
  if (manifest) return { manifest, notes: [] };
  if (await ledger.read(key, Manifest)) {
    throw new ArchiveNotFound(
      `The archive ${snapshot} of manager ${manager} is gone from bucket ${bucketName}: its manifest ${key} is there, but not the version of ${archive} that it vouches for. Choose another archive, or bring that object back.`,
    );
  }
  const ids = (await manifestsOf(manager, deps)).map((entry) => entry.snapshot);
  throw new ArchiveNotFound(
    `Manager ${manager} has no verified archive ${snapshot}: there is no ${key} in bucket ${bucketName}. ${oneOf(ids, manager)}`,
  );
}

/** Manifests that are read at once. */
const BATCH = 20;

/**
 * The archive that was finished last, at or before `asOf`. Names tell when a night was scheduled, not when its snapshot
 * was finished, and people may run a night late: so the newest by name are compared with the newest by the time they were
 * recorded, and only when none of those has its archive any more (retention keeps monthly ones longer) the rest is
 * walked through by name.
 */
async function newest(manager: string, asOf: Date | undefined, deps: Use): Promise<Found> {
  const all = await manifestsOf(manager, deps);
  const passed = new Passed();
  const tried = new Set<string>();
  const best = async (entries: readonly Entry[]): Promise<Manifest | undefined> => {
    const fresh = new Map(entries.filter(({ key }) => !tried.has(key)).map((entry) => [entry.key, entry]));
    for (const key of fresh.keys()) tried.add(key);
    const read = await Promise.all([...fresh.values()].map((entry) => readEntry(manager, entry, passed, deps)));
    return read
      .filter((manifest) => manifest !== undefined)
      .filter((manifest) => asOf === undefined || readyAt(manifest) <= asOf.getTime())
      .sort((a, b) => readyAt(b) - readyAt(a))[0];
  };
  const byName = all.filter(({ snapshot }) => isNamedBefore(snapshot, asOf));
  let found = await best([...byName.slice(0, BATCH), ...nearest(all, asOf)]);
  const rest = [...byName, ...all];
  for (let at = 0; !found && at < rest.length; at += BATCH) found = await best(rest.slice(at, at + BATCH));
  if (found) return { manifest: found, notes: passed.notes() };
  const when = asOf === undefined ? '' : ` that was finished by ${asOf.toISOString()}`;
  const advice = oneOf(asOf === undefined ? [] : all.map((entry) => entry.snapshot), manager, all.length > 0);
  throw new ArchiveNotFound(
    [
      `Manager ${manager} has no verified archive${when} in bucket ${deps.archive.bucketName}.`,
      ...passed.notes(),
      advice,
    ]
      .filter(Boolean)
      .join(' '),
  );
}

interface Entry extends Listed {
  readonly snapshot: string;
}

/** Manifests of a manager, the newest name first. What else lies in the folder is none. */
async function manifestsOf(manager: string, deps: Use): Promise<Entry[]> {
  const listed = await deps.archive.ledger.list(`manifests/${manager}/`);
  const entries = listed.flatMap((entry) => {
    const snapshot = /([^/]+)\.json$/.exec(entry.key)?.[1] ?? '';
    return keysOf(manager, snapshot).manifest === entry.key ? [{ ...entry, snapshot }] : [];
  });
  return entries.sort((a, b) => (a.snapshot < b.snapshot ? 1 : -1));
}

/** A name without a time says nothing, so it is not passed over. */
function isNamedBefore(snapshot: string, asOf: Date | undefined): boolean {
  const time = timeOfSnapshotId(snapshot);
  return asOf === undefined || time === undefined || time <= asOf;
}

/** Those recorded last before that time, and first after it: a snapshot is recorded some time after it was finished. */
function nearest(all: readonly Entry[], asOf: Date | undefined): Entry[] {
  const byTime = [...all].sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
  if (asOf === undefined) return byTime.slice(0, BATCH);
  const after = byTime.filter(({ lastModified }) => lastModified > asOf);
  return [...after.slice(-BATCH), ...byTime.slice(after.length, after.length + BATCH)];
}

async function readEntry(
  manager: string,
  { snapshot }: Entry,
  passed: Passed,
  deps: Use,
): Promise<Manifest | undefined> {
  try {
    const manifest = await recorded(manager, snapshot, deps);
    if (!manifest) passed.gone.push(snapshot);
    return manifest;
  } catch (error) {
    if (!(error instanceof RecordConflict)) throw error;
    passed.unreadable.push(snapshot);
    return undefined;
  }
}

/** `recordedArchive`, and the manifest is about what its key says: a copied one is nobody's word. */
async function recorded(manager: string, snapshot: string, deps: Use): Promise<Manifest | undefined> {
  const manifest = await recordedArchive({ manager, snapshot }, deps);
  if (!manifest || (manifest.manager.id === manager && manifest.snapshot.id === snapshot)) return manifest;
  throw new RecordConflict(
    `${keysOf(manager, snapshot).manifest} is the manifest of ${manifest.snapshot.id} of manager ${manifest.manager.id}. Something else put it there; move it away and run again.`,
  );
}

const readyAt = (manifest: Manifest) => Date.parse(manifest.times.snapshotReady);

class Passed {
  readonly gone: string[] = [];
  readonly unreadable: string[] = [];

  notes(): string[] {
    return [
      ...sentence(this.gone, 'has a manifest but no archive any more', 'have manifests but no archives any more'),
      ...sentence(this.unreadable, 'has a manifest that cannot be read', 'have manifests that cannot be read'),
    ];
  }
}

function sentence(ids: readonly string[], one: string, many: string): string[] {
  if (ids.length === 0) return [];
  const shown = [...ids].sort().reverse().slice(0, 3).join(', ');
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return [`Passed over: ${shown}${more} ${ids.length === 1 ? one : many}.`];
}

/** What to do next: what there is, or where archives come from. */
function oneOf(ids: readonly string[], manager: string, hasSome = ids.length > 0): string {
  if (!hasSome) {
    return `It has none at all: nothing was exported from ${manager} yet, or under another name ("sourceManager").`;
  }
  const [newestId, oldest] = [ids[0], ids.at(-1)];
  if (newestId === undefined) return 'Run an export first, or name another "sourceManager".';
  return ids.length === 1
    ? `There is one manifest: ${newestId}.`
    : `There are ${ids.length} manifests, from ${oldest} to ${newestId}.`;
}

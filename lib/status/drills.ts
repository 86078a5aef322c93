import * as z from 'zod';
import { mapAtMost, REQUESTS_AT_ONCE } from '../base/concurrency.ts';
import { isUnread, readOrError } from '../catalogue/read-record.ts';
import type { JsonRecords } from '../storage/json-records.ts';
import { prefixOf } from '../storage/layout.ts';

/** The last drill with an archive of some manager, wherever it was restored to. */
export interface Drill {
  readonly restore: string;
  /** The manager that was restored to. */
  readonly onto: string;
  readonly at: string;
  readonly state: 'succeeded' | 'partial' | 'failed';
  readonly snapshot: string | null;
  /** Null when it did not come so far. */
  readonly rtoSeconds: number | null;
}

/** The part of the evidence that is wanted here; older and newer versions of it have the same. */
const Evidence = z.looseObject({
  manager: z.string(),
  restore: z.string(),
  purpose: z.enum(['recovery', 'drill']),
  state: z.enum(['succeeded', 'partial', 'failed']),
  archive: z.looseObject({ manager: z.string().nullable(), snapshot: z.string().nullable() }).nullable(),
  rtoSeconds: z.number().nullable(),
  times: z.looseObject({ recorded: z.string() }),
});

/** Records that are read at most: at a drill a month a hundred managers fill this in five months. */
const MOST = 500;

/**
 * The last drill of each manager whose archive was restored, from the newest records of restores, of all managers
 * together: a drill of `prod` is restored to another one. Ends as soon as all `wanted` have one.
 */
export async function lastDrills(wanted: readonly string[], records: Pick<JsonRecords, 'list' | 'read'>) {
  const listed = await records.list(prefixOf('restores'));
  const byTime = listed.map(({ key }) => key).sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  const drills = new Map<string, Drill>();
  for (
    let at = 0;
    at < Math.min(byTime.length, MOST) && wanted.some((one) => !drills.has(one));
    at += REQUESTS_AT_ONCE
  ) {
    const batch = await mapAtMost(REQUESTS_AT_ONCE, byTime.slice(at, at + REQUESTS_AT_ONCE), (key) =>
      read(key, records),
    );
    for (const evidence of batch) {
      if (evidence?.purpose !== 'drill' || !evidence.archive?.manager || drills.has(evidence.archive.manager)) continue;
      drills.set(evidence.archive.manager, drillOf(evidence, evidence.archive.snapshot));
    }
  }
  return drills;
}

/** Names of restores begin with their time. */
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

function drillOf(evidence: z.infer<typeof Evidence>, snapshot: string | null): Drill {
  const { restore, manager: onto, state, rtoSeconds, times } = evidence;
  return { restore, onto, at: times.recorded, state, snapshot, rtoSeconds };
}

/** What is no evidence is passed over: this is about drills, not about who wrote something there. */
async function read(key: string, records: Pick<JsonRecords, 'read'>) {
  const evidence = await readOrError(() => records.read(key, Evidence));
  return isUnread(evidence) ? undefined : evidence?.value;
}

import * as z from 'zod';
import { mapAtMost, REQUESTS_AT_ONCE } from '../../base/concurrency.ts';
import { isUnread, readOrError } from '../../catalogue/read-record.ts';
import type { JsonRecords } from '../../storage/json-records.ts';
import { prefixOf } from '../../storage/layout.ts';
import { type Input, type SigningKey, Witness } from './witness.ts';

const seconds = z.number().nullable().optional();
const Difference = z.looseObject({
  tenant: z.string().nullable(),
  type: z.string(),
  archive: z.number(),
  manager: z.number(),
});

/** What a report shows of the evidence of a restore; older and newer versions of it have the same. */
const Evidence = z.looseObject({
  manager: z.string(),
  restore: z.string(),
  purpose: z.enum(['recovery', 'drill']),
  reason: z.string().optional(),
  state: z.enum(['succeeded', 'partial', 'failed']),
  error: z.string().optional(),
  message: z.string(),
  archive: z
    .looseObject({ manager: z.string().nullable(), snapshot: z.string().nullable(), size: z.number().optional() })
    .nullable(),
  phases: z.looseObject({ prepare: seconds, approval: seconds, upload: seconds, restore: seconds, verify: seconds }),
  rtoSeconds: z.number().nullable(),
  verification: z
    .looseObject({
      ...{ differences: z.array(Difference), differenceCount: z.number(), entityErrors: z.number() },
      ...{ compared: z.array(z.string()).optional(), notCompared: z.array(z.string()).optional() },
      after: z.record(z.string(), z.number()).optional(),
    })
    .nullable(),
  times: z.looseObject({ started: z.string(), recorded: z.string() }),
});

/** One restore that is on record. */
export interface RestoreFact {
  readonly restore: string;
  /** Whose archive it was; null: it came from a URL. */
  readonly manager: string | null;
  readonly snapshot: string | null;
  /** The manager that was restored to. */
  readonly onto: string;
  readonly isDrill: boolean;
  readonly state: 'succeeded' | 'partial' | 'failed';
  readonly error: string | null;
  readonly reason: string | null;
  readonly message: string;
  readonly startedAt: string;
  readonly recordedAt: string;
  readonly rtoSeconds: number | null;
  readonly phases: readonly { readonly phase: string; readonly seconds: number }[];
  readonly differences: readonly z.infer<typeof Difference>[];
  readonly differenceCount: number;
  readonly entityErrors: number;
  /** Bytes of the archive. */
  readonly size: number | null;
  /** What the archive holds, of the types that were compared. */
  readonly held: Readonly<Record<string, number>>;
  /** Types whose numbers were compared, and those that the manager does not show. */
  readonly compared: readonly string[];
  readonly notCompared: readonly string[];
  readonly input: Input | undefined;
}

/** Evidence that says nothing, or is not what was signed. */
export interface UnreadableEvidence {
  readonly key: string;
  /** The manager that was restored to, by its folder. */
  readonly onto: string;
  readonly why: string;
  readonly isForged: boolean;
}

export interface RestoreFacts {
  /** The newest last. */
  readonly restores: readonly RestoreFact[];
  readonly unreadable: readonly UnreadableEvidence[];
  /** Older evidence that was not looked at. */
  readonly leftOut: number;
  /** Those that have signed it. */
  readonly keys: readonly SigningKey[];
}

/** Evidence that is read at most: ten years of a restore test a month for sixteen managers. */
const MOST = 2000;

/** The newest evidence of all managers together: a restore test of `prod` lies with the manager that was restored to. */
export async function readRestores(records: Pick<JsonRecords, 'read' | 'list' | 'names'>): Promise<RestoreFacts> {
  const witness = new Witness(records);
  const listed = (await witness.names(prefixOf('restores'))).map(({ key }) => key);
  const newest = listed.filter((key) => key.endsWith('.json')).sort((a, b) => (nameOf(a) < nameOf(b) ? 1 : -1));
  const read = await mapAtMost(REQUESTS_AT_ONCE, newest.slice(0, MOST).reverse(), async (key) => {
    const found = await readOrError(() => witness.read(key, Evidence));
    if (isUnread(found)) return { key, onto: ontoOf(key), why: found.message, isForged: found.name === 'RecordForged' };
    return found && factOf(found.value, witness.inputOf(key));
  });
  return {
    restores: read.flatMap((one) => (one && 'restore' in one ? [one] : [])),
    unreadable: read.flatMap((one) => (one && 'why' in one ? [one] : [])),
    leftOut: Math.max(0, newest.length - MOST),
    keys: witness.keys(),
  };
}

/** `restores/<manager>/<restore>.json` */
const ontoOf = (key: string) => key.split('/')[1] ?? '';

/** Names of restores begin with their time. */
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);

const PHASES = ['prepare', 'approval', 'upload', 'restore', 'verify'] as const;

function factOf(evidence: z.infer<typeof Evidence>, input: Input | undefined): RestoreFact {
  const { manager: onto, restore, purpose, state, error, reason, message, archive, times, verification } = evidence;
  return {
    restore,
    manager: archive?.manager ?? null,
    snapshot: archive?.snapshot ?? null,
    onto,
    isDrill: purpose === 'drill',
    state,
    error: error ?? null,
    reason: reason ?? null,
    message,
    startedAt: times.started,
    recordedAt: times.recorded,
    rtoSeconds: evidence.rtoSeconds,
    phases: PHASES.flatMap((phase) => {
      const seconds = evidence.phases[phase];
      return seconds == null ? [] : [{ phase, seconds }];
    }),
    differences: verification?.differences.slice(0, MOST_DIFFERENCES) ?? [],
    differenceCount: verification?.differenceCount ?? 0,
    entityErrors: verification?.entityErrors ?? 0,
    size: archive?.size ?? null,
    held: verification === null ? {} : heldOf(verification),
    compared: verification?.compared ?? [],
    notCompared: verification?.notCompared ?? [],
    input,
  };
}

/** The evidence has the manager's numbers, and those of the archive where they are others. */
function heldOf({ compared = [], after = {}, differences }: NonNullable<z.infer<typeof Evidence>['verification']>) {
  return Object.fromEntries(
    compared.flatMap((type) => {
      const other = differences.find((one) => one.tenant === null && one.type === type)?.archive;
      const held = other ?? after[type];
      return held === undefined ? [] : [[type, held] as const];
    }),
  );
}

/** As many as the evidence itself lists. */
const MOST_DIFFERENCES = 50;

import type * as z from 'zod';
import { defined } from '../../base/defined.ts';
import { Restoring, Upload, Verification } from '../course.ts';
import { Plan, RestoreRun, Selection } from '../state.ts';
import type { RestoreEvidence } from './evidence-record.ts';

/** What a restore had gathered when it ended; null: it did not get so far. */
export interface Gathered {
  readonly run: RestoreRun | null;
  readonly selection: Selection | null;
  readonly plan: Plan | null;
  readonly upload: Upload | null;
  readonly restoring: Restoring | null;
  readonly verification: Verification | null;
}

/** What the state machine had in its state, checked part by part: after a failure any of them may be missing. */
export function gather(state: unknown): Gathered {
  const parts = (state !== null && typeof state === 'object' ? state : {}) as Record<string, unknown>;
  const part = <T extends z.ZodType>(name: string, schema: T): z.infer<T> | null => {
    const result = schema.safeParse(parts[name]);
    return result.success ? result.data : null;
  };
  return {
    run: part('run', RestoreRun),
    selection: part('selection', Selection),
    plan: part('plan', Plan),
    upload: part('upload', Upload),
    restoring: part('restoring', Restoring),
    verification: part('verification', Verification),
  };
}

export type Times = Omit<RestoreEvidence['times'], 'recorded'>;

export function timesOf(started: string, { plan, upload, restoring, verification }: Gathered): Times {
  return {
    started,
    checked: plan?.checkedAt ?? null,
    ...defined({ approved: restoring?.approval?.decidedAt }),
    // Before StartRestore nobody knows whether what was uploaded is the archive.
    uploaded: restoring ? (upload?.uploadedAt ?? null) : null,
    requested: restoring?.requestedAt ?? null,
    ended: restoring?.endedAt ?? null,
    verified: verification?.verifiedAt ?? null,
  };
}

/**
 * Whole seconds of each phase. Each is the difference of two rounded distances from the start, so that they add up to
 * `rtoSeconds` exactly.
 */
export function phasesOf(times: Times): Pick<RestoreEvidence, 'phases' | 'rtoSeconds'> {
  const { approved } = times;
  const since = (time: string | null) =>
    time === null ? null : Math.max(0, Math.round((Date.parse(time) - Date.parse(times.started)) / 1000));
  const between = (from: string | null, to: string | null) => {
    const [a, b] = [since(from), since(to)];
    return a === null || b === null ? null : Math.max(0, b - a);
  };
  return {
    phases: {
      prepare: since(times.checked),
      ...(approved === undefined ? {} : { approval: between(times.checked, approved) }),
      upload: between(approved ?? times.checked, times.uploaded),
      restore: between(times.uploaded, times.ended),
      verify: between(times.ended, times.verified),
    },
    rtoSeconds: since(times.verified),
  };
}

/** `8 s`, `14 min 3 s`, `2 h 5 min`: for sentences. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

import type { RestorePlan, RestoreStep, TimedStep } from './restore-plan.ts';

/**
 * Shares of a restore's time at which its steps fall (contract §7.4). The execution is `started` before the flag is up,
 * as the vendor's client saw it.
 */
const AT = {
  start: 0.1,
  flag: 0.15,
  validated: 0.2,
  databaseTaken: 0.3,
  databaseWritten: 0.7,
  merged: 0.8,
  restStopped: 0.8,
  restStarted: 0.85,
  end: 1,
};

/** A detached shell waits that long after the end of the workflow before it takes the flag away. */
const FLAG_MS = 3000;
/** It then writes the admin's row, and reboots: moments later, which a client can fall into. */
const ADMIN_MS = 4000;
const REBOOT_MS = 5000;
/** Between a new-format restore's flag and the end of its execution. */
const LONGEST_GAP_MS = 500;
const GAP_SHARE = 0.02;

const timed = ({ since, seconds }: RestorePlan, share: number, step: RestoreStep, laterMs = 0): TimedStep => ({
  ...step,
  at: since + seconds * 1000 * share + laterMs,
});

export function firstSteps(plan: RestorePlan): TimedStep[] {
  return [
    timed(plan, AT.start, { does: 'start' }),
    timed(plan, AT.flag, { does: 'raise flag' }),
    // A dead worker gets no further than the flag.
    ...(plan.faults.isEndless ? [] : [timed(plan, AT.validated, { does: 'validate' })]),
  ];
}

/** A failure that the workflow reports; where its own clean-up fails as well, the flag stays. */
export function failingSteps(plan: RestorePlan, error: string, flag: 'detached' | 'at once' | 'stays'): TimedStep[] {
  const fail = timed(plan, AT.validated, { does: 'fail', error });
  if (flag === 'stays') return [fail];
  if (flag === 'at once') return [timed(plan, AT.validated, { does: 'remove flag' }), fail];
  return [fail, timed(plan, AT.validated, { does: 'remove flag' }, FLAG_MS)];
}

export function legacySteps(plan: RestorePlan, psqlError?: string): TimedStep[] {
  const { faults } = plan;
  const begin = [timed(plan, AT.databaseTaken, { does: 'take database' })];
  const after = (does: 'remove flag' | 'switch admin' | 'reboot', ms: number) => timed(plan, AT.end, { does }, ms);
  if (faults.breaksRest || psqlError !== undefined) {
    // The worker fails on the schema as REST does, and cannot report it (contract §11 no. 6).
    return [...begin, timed(plan, AT.databaseWritten, { does: 'break schema' }), after('remove flag', FLAG_MS)];
  }
  const written = timed(plan, AT.databaseWritten, { does: 'write database' });
  if (faults.failsMidway !== undefined) {
    // What is written last, the admin's row, is never written.
    return [
      ...begin,
      written,
      timed(plan, AT.end, { does: 'fail', ...faults.failsMidway }),
      after('remove flag', FLAG_MS),
    ];
  }
  return [
    ...begin,
    written,
    // REST restarts with the files of the archive (test/fixtures/recordings/19-restore-legacy-real.json).
    timed(plan, AT.restStopped, { does: 'stop rest' }),
    timed(plan, AT.restStarted, { does: 'start rest' }),
    ...(faults.hasNoEnd ? [] : [timed(plan, AT.end, { does: 'end' })]),
    ...(faults.keepsFlag ? [] : [after('remove flag', FLAG_MS)]),
    after('switch admin', ADMIN_MS),
    ...(plan.reboots ? [after('reboot', REBOOT_MS)] : []),
  ];
}

/** No service is stopped and no credential changes; the flag goes just before the end is reported. */
export function newSteps(plan: RestorePlan): TimedStep[] {
  const { faults, seconds } = plan;
  const gap = Math.min(LONGEST_GAP_MS, seconds * 1000 * GAP_SHARE);
  return [
    timed(plan, AT.merged, { does: 'merge' }),
    ...(faults.keepsFlag ? [] : [timed(plan, AT.end, { does: 'remove flag' }, -gap)]),
    ...(faults.hasNoEnd ? [] : [timed(plan, AT.end, { does: 'end' })]),
  ];
}

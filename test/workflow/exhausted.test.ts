import { beforeAll, describe, expect, test } from 'vitest';
import { type MachineName, machineNames } from '../../lib/base/machine-names.ts';
import { allStates, loadMachine } from '../../lib/workflow/definition.ts';
import type { Retrier } from '../../lib/workflow/retries.ts';
import { fails, type Play, type Played, play } from '../support/played-machine.ts';
import { type Recorded, recordReplies } from '../support/recorded-replies.ts';

/** What has to happen first, for a state that a run which goes well never comes to. */
const BEFORE: Readonly<Record<string, Record<string, Play>>> = {
  'export RemoveUnverified': { FindManager: fails('CredentialsRejected') },
  'export CleanUp': { FindManager: fails('CredentialsRejected') },
  'export ReportFailure': { FindManager: fails('CredentialsRejected') },
  'restore StreamArchive': { UploadArchive: fails('UrlUnreachable') },
  'restore AskAgain': { CheckRestore: () => ({ status: 'lost' }) },
  'restore TidyAfterFailure': { FindTarget: fails('CredentialsRejected') },
  'restore RecordFailure': { FindTarget: fails('CredentialsRejected') },
  'restore ReportFailure': { FindTarget: fails('CredentialsRejected') },
  'verify MarkFailed': { InspectStored: fails('ArchiveGone') },
  'verify ReportFailure': { SelectArchives: fails('StorageRefused') },
};

/** The error with which such a run would have ended anyway: nothing that comes later may hide it. */
const FIRST: Readonly<Record<string, string>> = {
  'export RemoveUnverified': 'CredentialsRejected',
  'export CleanUp': 'CredentialsRejected',
  'export ReportFailure': 'CredentialsRejected',
  'restore TidyAfterFailure': 'CredentialsRejected',
  'restore RecordFailure': 'CredentialsRejected',
  'restore ReportFailure': 'CredentialsRejected',
  'verify ReportFailure': 'StorageRefused',
};

/** Runs that go on without what failed: where it is said. */
const GOES_ON: Readonly<Record<string, string>> = {
  // What was left on the target is in the record of the restore, and in its report.
  'restore TidyTarget': 'RecordRestore',
  // Storage is looked at even if the manager cannot be asked: the finding ManagerNotSeen.
  'reconcile TidyManager': 'Reconcile',
};

/** Of these nobody sends a report: EventBridge does, as of every execution that does not end well (test/stack/watching.test.ts). */
const REPORTING: readonly MachineName[] = ['export', 'restore', 'verify'];

interface Rule {
  readonly machine: MachineName;
  readonly state: string;
  readonly rule: Retrier;
}

const rules = machineNames.flatMap((machine) =>
  [...allStates(loadMachine(machine).States)].flatMap(([state, { Retry = [] }]) =>
    (Retry as Retrier[]).map((rule): Rule => ({ machine, state, rule })),
  ),
);
/** One error of each rule, another one in each state, so that all have their turn. */
const cases = rules.flatMap(({ machine, state, rule }, at) => {
  const error = rule.ErrorEquals[at % rule.ErrorEquals.length];
  return error ? [{ machine, state, error, attempts: rule.MaxAttempts + 1 }] : [];
});

let recorded: Recorded;
beforeAll(async () => {
  recorded = await recordReplies();
}, 120_000);

const told = ({ calls }: Played) =>
  [...(calls.get('ReportFailure') ?? []), ...(calls.get('ReportVerification') ?? [])].map((one) => JSON.stringify(one));

describe.each(machineNames)('%s, with an error that never goes away', (machine) => {
  const own = cases.filter((one) => one.machine === machine);

  test.each([...new Set(own.map(({ state }) => state))])('in %s', async (state) => {
    const name = `${machine} ${state}`;
    for (const { error, attempts } of own.filter((one) => one.state === state)) {
      const played = await play(machine, recorded, { ...BEFORE[name], [state]: fails(error) });
      const about = `${name} ${error}: ${played.end}, ${[...played.calls.keys()].join(' ')}`;
      // Rounds of a Map fail side by side.
      expect(played.calls.get(state)?.length ?? 0, about).toBeGreaterThanOrEqual(attempts);
      const goesOn = GOES_ON[name];
      if (goesOn) {
        expect(played.end, about).toBe('SUCCEEDED');
        expect(JSON.stringify(played.calls.get(goesOn)), about).toContain(error);
      } else if (state === 'UploadArchive' && played.calls.has('StreamArchive')) {
        expect(played.end, about).toBe('SUCCEEDED');
      } else {
        expect(played.end, about).toBe(FIRST[name] ?? error);
        if (REPORTING.includes(machine)) expect(told(played).join(), about).toContain(FIRST[name] ?? error);
      }
    }
  });
});

test('every rule of every state was played', () => {
  expect(cases).toHaveLength(rules.length);
  expect(rules.length).toBeGreaterThan(200);
});

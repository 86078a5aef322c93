import { describe, expect, test } from 'vitest';
import type { RestoreFlag } from '../../../lib/manager/restoring.ts';
import type { Restoring } from '../../../lib/restore/course.ts';
import { advance } from '../../../lib/restore/watch/advance.ts';
import { mayTryAgain } from '../../../lib/restore/watch/deadlines.ts';
import type { Observation } from '../../../lib/restore/watch/observation.ts';

const START = Date.parse('2026-11-22T02:00:00Z');
const flags = (...words: RestoreFlag['flag'][]) => words.map((flag, n) => ({ node: `http://node${n + 1}`, flag }));
const row = (status: string, error = '') => ({ seen: 'row', status, error }) as const;
const away = { seen: 'away', why: 'HTTP 502' } as const;
const absent = { seen: 'absent' } as const;
const rejected = { seen: 'rejected' } as const;

/** One look: how many seconds after the one before, and what it showed. */
type Look = readonly [seconds: number, look: Observation['look'], flags: RestoreFlag[], more?: Partial<Observation>];

const begun: Restoring = {
  executionId: 'e1',
  requestedAt: new Date(START).toISOString(),
  ...{ requests: 1, firstRequestedAt: new Date(START).toISOString() },
  ...{ restoringOn: [], silentNodes: [], stoppedSince: null },
  status: 'running',
  access: 'current',
  lastStatus: null,
  flagSeen: false,
  flagGoneSince: null,
  rejectedSince: null,
  triedAt: null,
  terminatedSince: null,
  wellSince: null,
  outageSeen: false,
  endedAt: null,
  waitSeconds: 2,
};

interface Circumstances {
  readonly reboots?: boolean;
  readonly silent?: readonly string[];
  readonly unseenNodes?: number;
  readonly from?: Restoring;
  readonly startedAt?: string;
}

function watch(
  looks: readonly Look[],
  { reboots = false, silent = [], unseenNodes = 0, from = begun, startedAt = begun.requestedAt }: Circumstances = {},
): Restoring {
  let restoring: Restoring = { ...from, silentNodes: [...silent] };
  let now = START;
  for (const [seconds, look, flagged, more = {}] of looks) {
    now += seconds * 1000;
    const healthy = look.seen === 'row' && look.status === 'terminated';
    const access = look.seen === 'row' || look.seen === 'absent' ? ('current' as const) : undefined;
    const seen: Observation = {
      now: new Date(now),
      flags: flagged,
      ...{ look, access, healthy, tried: true, executionId: undefined, untrusted: undefined },
      ...{ isAlone: true, others: [] },
      ...more,
    };
    const how = {
      manager: 'm2',
      format: 'legacy' as const,
      restoring,
      startedAt,
      deadlineSeconds: 6 * 3600,
      reboots,
      unseenNodes,
      withheld: undefined,
      clean: (text: string) => text,
    };
    restoring = advance(how, seen);
    if (restoring.status !== 'running') break;
  }
  return restoring;
}

const quiet = flags('not-running');
const busy = flags('running');
const gone = flags('unknown');
const started: Look = [5, row('started'), busy];

describe('a restore has ended well', () => {
  test('when its execution is terminated, no flag is left and all has been well for 30 s', () => {
    const looks: Look[] = [started, [60, row('terminated'), busy], [5, row('terminated'), quiet]];
    expect(watch([...looks, [29, row('terminated'), quiet]]).status).toBe('running');
    const ended = watch([...looks, [30, row('terminated'), quiet]]);
    expect(ended).toMatchObject({ status: 'ended', endedAt: new Date(START + 70_000).toISOString() });
  });

  test('not while the flag alone says so', () => {
    const looks: Look[] = [
      [5, row('pending'), quiet],
      started,
      [60, row('started'), quiet],
      [300, row('started'), quiet],
    ];
    expect(watch(looks).status).toBe('running');
  });

  test('not while another restore is at work, or nobody could see whether one is', () => {
    for (const isAlone of [false, 'unknown'] as const) {
      const looks = Array.from({ length: 5 }, (): Look => [60, row('terminated'), quiet, { isAlone }]);
      expect(watch([started, ...looks])).toMatchObject({ status: 'running', wellSince: null });
    }
    expect(watch([started, [60, row('failed', 'x'), quiet, { isAlone: false }]]).status).toBe('running');
  });

  test('not while services are down', () => {
    const looks: Look[] = [started, [60, row('terminated'), quiet, { healthy: false }]];
    expect(watch([...looks, [600, row('terminated'), quiet, { healthy: false }]]).wellSince).toBeNull();
  });

  test('with a reboot due, after it was seen and is over, or after 3 min without one', () => {
    const end: Look[] = [started, [60, row('terminated'), quiet]];
    expect(watch([...end, [60, row('terminated'), quiet]], { reboots: true }).status).toBe('running');
    expect(watch([...end, [180, row('terminated'), quiet]], { reboots: true }).status).toBe('ended');
    const rebooted: Look[] = [...end, [10, away, gone], [60, row('terminated'), quiet]];
    expect(watch(rebooted, { reboots: true })).toMatchObject({ status: 'running', outageSeen: true });
    expect(watch([...rebooted, [30, row('terminated'), quiet]], { reboots: true }).status).toBe('ended');
  });
});

describe('it goes on through', () => {
  test.each<[string, Look[]]>([
    ['hours of stopped services', Array.from({ length: 300 }, (): Look => [60, away, gone])],
    [
      'a database that knows no execution, while the flag is there',
      [started, [3600, absent, busy], [3600, absent, busy]],
    ],
    ['rejected passwords while the flag is there', [started, [1200, rejected, busy], [1200, rejected, busy]]],
    [
      'a node whose services are stopped while its fellow says not-running',
      [
        [5, row('started'), flags('running', 'not-running')],
        [60, row('started'), flags('unknown', 'not-running')],
        [3600, row('started'), flags('unknown', 'not-running')],
      ],
    ],
  ])('%s', (_, looks) => {
    expect(watch(looks).status).toBe('running');
  });
});

describe('a request whose answer was lost', () => {
  const unanswered = { ...begun, executionId: null };

  test('is repeated once the manager has shown for 6 min that it knows of none, three times in all', () => {
    const looks: Look[] = [
      [5, absent, quiet],
      [350, absent, quiet],
    ];
    expect(watch(looks, { from: unanswered }).status).toBe('running');
    expect(watch([...looks, [20, absent, quiet]], { from: unanswered }).status).toBe('lost');
    expect(() => watch([...looks, [20, absent, quiet]], { from: { ...unanswered, requests: 3 } })).toThrow(
      /was asked for 3 times; no answer came/,
    );
  });

  test('is not while the manager is away, or restores something', () => {
    const looks: Look[] = [
      [5, absent, quiet],
      [400, away, gone],
      [5, absent, quiet],
      [200, absent, busy],
      [5, absent, quiet],
    ];
    expect(watch(looks, { from: unanswered }).status).toBe('running');
  });

  test('and has failed by the time it is found is named by its id', () => {
    const looks: Look[] = [[5, row('failed', 'no space'), quiet, { executionId: 'e9' }]];
    expect(() => watch(looks, { from: unanswered })).toThrow(/failed \(execution e9\): no space/);
  });

  test('is known by its id as soon as it is seen', () => {
    const looks: Look[] = [[5, row('started'), busy, { executionId: 'e9' }]];
    expect(watch(looks, { from: unanswered })).toMatchObject({ executionId: 'e9', status: 'running' });
  });
});

describe('behind a load balancer', () => {
  const balanced = { unseenNodes: 2 };
  const hours = Array.from({ length: 100 }, (): Look => [120, row('started'), quiet]);

  test('a restore whose flag was seen once is not called dead for want of it', () => {
    expect(watch([started, ...hours], balanced).status).toBe('running');
    expect(() => watch([started, ...hours])).toThrow(/is not running any more/);
  });

  test('a request without an answer is not repeated for an hour, and never once a flag was seen', () => {
    const unanswered = { ...begun, executionId: null };
    const absences = (count: number) => Array.from({ length: count }, (): Look => [120, absent, quiet]);
    expect(watch(absences(29), { ...balanced, from: unanswered }).status).toBe('running');
    expect(watch(absences(33), { ...balanced, from: unanswered }).status).toBe('lost');
    expect(watch([[5, absent, busy], ...absences(60)], { ...balanced, from: unanswered }).status).toBe('running');
  });
});

test('whatever the deadline, a run leaves the machine time to clean up', () => {
  const looks = Array.from({ length: 40 }, (): Look => [120, row('started'), busy]);
  const startedAt = new Date(START - 41 * 3600_000).toISOString();
  expect(() => watch(looks, { startedAt })).toThrow(/has not ended within 60 min \(last seen as started\)/);
  expect(watch(looks).status).toBe('running');
});

describe('credentials that were all rejected', () => {
  const at = (seconds: number) => new Date(START + seconds * 1000);
  const rejectedNow = watch([started, [60, rejected, busy]]);

  test.each<[string, RestoreFlag[], number, boolean]>([
    ['are not tried at every look while the restore runs', busy, 120, false],
    ['but every 5 min', busy, 365, true],
    ['and at once when the flag has gone', quiet, 70, true],
  ])('%s', (_, flagged, seconds, tried) => {
    expect(mayTryAgain(rejectedNow, flagged, at(seconds))).toBe(tried);
  });

  test('2 min after the flag has gone, they are tried once a minute', () => {
    const over = watch([started, [60, rejected, quiet], [130, rejected, quiet]]);
    expect(mayTryAgain(over, quiet, at(65 + 130 + 30))).toBe(false);
    expect(mayTryAgain(over, quiet, at(65 + 130 + 60))).toBe(true);
  });
});

describe('a cluster of which nodes were down before', () => {
  test('does not wait for these to say that the restore is over', () => {
    const half = flags('running', 'unknown');
    const over = flags('not-running', 'unknown');
    const looks: Look[] = [
      [5, row('started'), half],
      [60, rejected, over],
      [901, rejected, over],
    ];
    expect(() => watch(looks, { silent: ['http://node2'] })).toThrow(/every password that we know is rejected/);
    expect(watch(looks).status).toBe('running');
  });
});

describe('it gives up by name', () => {
  test.each<[string, Look[], RegExp]>([
    [
      'when the manager says that it failed',
      [started, [5, row('failed', 'no space'), quiet]],
      /^RestoreFailed.*: no space\.$/,
    ],
    [
      'and names the node with a stuck flag',
      [started, [5, row('failed', 'x'), busy]],
      /RestoreFailed.*http:\/\/node1 still says/,
    ],
    [
      'when somebody cancelled it, and no node has said for 2 min that it runs',
      [started, [5, row('cancelled'), quiet], [120, row('cancelled'), quiet]],
      /RestoreFailed.*was cancelled by a user while it was at work, and no node says any more/,
    ],
    [
      'when nobody starts it for 30 min',
      [[1801, row('pending'), quiet]],
      /RestoreUnknown.*was not started within 30 min/,
    ],
    [
      'when its worker is gone without a report',
      [started, [60, row('started'), quiet], [601, row('started'), quiet]],
      /RestoreUnknown.*not running any more.*last seen as started/,
    ],
    [
      'at its deadline',
      Array.from({ length: 25 }, (): Look => [900, row('started'), busy]),
      /RestoreUnknown.*not ended within 6\.0 h \(last seen as started\)/,
    ],
    [
      'when every password is rejected 15 min after the end',
      [started, [60, rejected, quiet], [901, rejected, quiet]],
      /CredentialsRejected.*restoredCredentials of m2/,
    ],
    [
      'when the flag stays after a good end',
      [started, [60, row('terminated'), busy], [901, row('terminated'), busy]],
      /RestoreUnknown.*ended as completed, but http:\/\/node1/,
    ],
    [
      'when the manager does not come back',
      [started, [60, row('terminated'), quiet, { healthy: false }], [2701, away, gone]],
      /RestoreUnknown.*has not been well since.*HTTP 502/,
    ],
  ])('%s', (_, looks, said) => {
    let error: unknown;
    try {
      watch(looks);
    } catch (thrown) {
      error = thrown;
    }
    expect(String(error)).toMatch(said);
  });
});

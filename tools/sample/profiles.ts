/** What happened to a manager in the year of the sample, in days before its end. */
export interface Profile {
  readonly id: string;
  readonly schedule: string;
  readonly timeZone: string;
  /** Hour of the run in UTC. */
  readonly hour: number;
  readonly version: string;
  /** Bytes at the beginning, and by how much a year multiplies them. */
  readonly bytes: number;
  readonly growth: number;
  readonly items: Readonly<Record<string, number>>;
  /** One night of so many fails by itself. */
  readonly failsOneOf: number;
  readonly failed?: readonly (readonly [from: number, to: number, error: string, message: string])[];
  readonly missing?: readonly (readonly [from: number, to: number])[];
  /** Content fell that night. */
  readonly flagged?: readonly number[];
  /** A verification found them damaged. */
  readonly damaged?: readonly number[];
  readonly kept?: readonly (readonly [day: number, reason: string])[];
  /** Restores onto the test bench; tests, unless something was lost. */
  readonly tests?: readonly (readonly [day: number, state: 'succeeded' | 'partial' | 'failed', purpose?: 'recovery'])[];
  /** The last reconciliation, in hours before the end; null: none is recorded. Default: an hour ago, clean. */
  readonly reconciled?: readonly [hoursAgo: number, outcome: 'clean' | 'repaired' | 'findings'] | null;
  /** Records are unsigned before this many days ago. */
  readonly signedFor?: number;
}

const GiB = 2 ** 30;
const daily = (hour: number) => `cron(0 ${hour} * * ? *)`;
const CORE = {
  tenants: 6,
  users: 41,
  user_groups: 5,
  blueprints: 88,
  deployments: 412,
  plugins: 23,
  secrets: 133,
  executions: 9120,
};
const less = (share: number) =>
  Object.fromEntries(Object.entries(CORE).map(([name, many]) => [name, Math.max(1, Math.round(many * share))]));

const DISK = [
  'SnapshotFailed',
  'The manager made no snapshot: [Errno 28] No space left on device: /opt/manager/resources.',
] as const;
const AWAY = ['ManagerUnavailable', 'None of the 3 nodes answered: connection timed out after 10 s.'] as const;

/** Seven managers, none of them like another: two that need somebody, one that nobody has tested. */
export const PROFILES: readonly Profile[] = [
  {
    ...{
      id: 'prod-frankfurt',
      schedule: daily(2),
      timeZone: 'Europe/Berlin',
      hour: 1,
      version: '7.0.5',
      bytes: 4.1 * GiB,
      growth: 1.5,
    },
    items: CORE,
    failsOneOf: 70,
    kept: [[203, 'before the upgrade to 7.0.5']],
    tests: [
      [330, 'succeeded'],
      [241, 'partial'],
      [150, 'succeeded'],
      [61, 'succeeded'],
      [12, 'succeeded'],
    ],
  },
  {
    ...{
      id: 'prod-virginia',
      schedule: daily(3),
      timeZone: 'America/New_York',
      hour: 8,
      version: '7.0.5',
      bytes: 6.3 * GiB,
      growth: 1.25,
    },
    items: less(1.4),
    failsOneOf: 45,
    failed: [
      [3, 1, ...DISK],
      [74, 71, ...DISK],
    ],
    tests: [
      [190, 'succeeded'],
      [33, 'succeeded'],
    ],
  },
  {
    ...{
      id: 'prod-singapore',
      schedule: daily(2),
      timeZone: 'Asia/Singapore',
      hour: 18,
      version: '7.0.3',
      bytes: 2.2 * GiB,
      growth: 1.3,
    },
    items: less(0.7),
    failsOneOf: 60,
    flagged: [2],
    tests: [[28, 'partial']],
  },
  {
    ...{
      id: 'edge-oslo',
      schedule: daily(4),
      timeZone: 'Europe/Oslo',
      hour: 3,
      version: '6.4.2',
      bytes: 0.6 * GiB,
      growth: 1.1,
    },
    items: less(0.15),
    failsOneOf: 25,
    missing: [[48, 44]],
    damaged: [17],
    tests: [[95, 'succeeded']],
  },
  {
    ...{
      id: 'edge-lisbon',
      schedule: daily(4),
      timeZone: 'Europe/Lisbon',
      hour: 4,
      version: '6.4.2',
      bytes: 0.5 * GiB,
      growth: 1.05,
    },
    items: less(0.12),
    failsOneOf: 90,
    signedFor: 40,
    tests: [[40, 'succeeded']],
  },
  {
    ...{ id: 'staging', schedule: daily(1), timeZone: 'UTC', hour: 1, version: '7.0.5', bytes: 1.1 * GiB, growth: 0.9 },
    items: less(0.4),
    failsOneOf: 30,
    failed: [[30, 27, ...AWAY]],
  },
  {
    ...{
      id: 'training',
      schedule: 'cron(0 5 ? * SUN *)',
      timeZone: 'Europe/Berlin',
      hour: 4,
      version: '7.0.5',
      bytes: 0.3 * GiB,
      growth: 1,
    },
    items: less(0.05),
    failsOneOf: 40,
    tests: [[120, 'succeeded']],
  },
];

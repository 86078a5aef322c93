import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { DeployedWorld } from '../support/deployed-world.ts';
import { problems } from '../support/published-schemas.ts';

let world: DeployedWorld;
beforeAll(async () => {
  world = await DeployedWorld.start({ others: Array.from({ length: 120 }, (_, n) => `aaa-${n}`) });
});
/** What holds an execution, also when the test that holds it has failed. */
const holds: (() => void)[] = [];
afterEach(async () => {
  for (const release of holds.splice(0)) release();
  world.sfn.mend();
  await world.sfn.idle();
  world.before = undefined;
});
afterAll(async () => await world.stop());

let night = 0;
let slot = '';
let time = '';
/** A night of its own for each test. */
beforeEach(() => {
  night += 1;
  time = new Date(Date.UTC(2026, 0, night, 2)).toISOString().replace('.000', '');
  slot = time.replaceAll(/[-:]/g, '');
});
const ofNight = (more = '') => `export --manager m1 --scheduled-time ${time}${more}`;
const arnOf = (name: string, machine = 'export') =>
  `arn:aws:states:us-east-1:123456789012:execution:offsite-${machine}:${name}`;

/** Stops the next execution before a step until the test lets it go on. */
function holdAt(step: string, call = 1): { reached: Promise<void>; release: () => void } {
  let [arrive, release] = [() => {}, () => {}];
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  holds.push(release);
  let calls = 0;
  world.before = async (name) => {
    if (name !== step || ++calls < call) return;
    arrive();
    await released;
  };
  return { reached, release };
}

test('export --wait: the deployed machine runs, each state is shown, the end is told as that of a local run', async () => {
  const { code, out, err } = await world.offsite(ofNight(' --wait'));
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^Looking for a healthy node\n[^\r]*Cleaning up the manager\n$/),
  ]);
  expect(err).not.toContain('trying again');
  expect(out).toMatch(
    new RegExp(`^Archive {3}s3://offsite/archives/m1/2026/01/offsite-${slot}\\.zip\nSize .*\nVerified  all 79 files`),
  );
  expect(world.sfn.executions.at(-1)).toMatchObject({ name: `m1-${slot}`, machine: 'offsite-export' });
  expect(await world.files('manifests')).toContain(`manifests/m1/2026/01/offsite-${slot}.json`);
});

test('export: started, not waited for; its ARN, where the console shows it, how to follow it', async () => {
  const held = holdAt('CreateSnapshot');
  const { code, out, err } = await world.offsite(ofNight(' --reason an-upgrade'));
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(`Execution ${arnOf(`m1-${slot}`)}\n`);
  expect(out).toMatch(/Console {3}https:\/\/us-east-1\.console\.aws\.amazon\.com\/states\/home\?region=us-east-1#/);
  expect(out).toContain(`Follow    offsite follow m1-${slot}\n`);
  held.release();
  await world.sfn.idle();
  expect(JSON.parse(world.sfn.executions.at(-1)?.input ?? '')).toEqual({
    ...{ manager: 'm1', scheduledTime: time, reason: 'an-upgrade' },
  });
});

test('export --json: one document; --wait --json: the run report', async () => {
  const started = JSON.parse((await world.offsite(ofNight(' --json'))).out);
  expect(started).toMatchObject({ outcome: 'started', manager: 'm1', execution: arnOf(`m1-${slot}`) });
  expect(problems('export', started)).toEqual([]);
  await world.sfn.idle();
  const { code, out } = await world.offsite(ofNight(' --wait --json'));
  expect([code, JSON.parse(out)]).toMatchObject([
    0,
    { outcome: 'succeeded', snapshot: `offsite-${slot}`, error: null },
  ]);
});

test('the same night twice: while it runs it is joined, also with another reason; after it there is nothing to do', async () => {
  const held = holdAt('CreateSnapshot');
  const before = world.sfn.executions.length;
  await world.offsite(ofNight());
  await held.reached;
  expect((await world.offsite(ofNight())).code).toBe(0);
  const joined = await world.offsite(ofNight(' --reason other'));
  expect([joined.code, joined.out]).toEqual([0, expect.stringContaining(arnOf(`m1-${slot}`))]);
  held.release();
  await world.sfn.idle();
  const after = await world.offsite(ofNight());
  expect([after.code, after.out]).toEqual([0, expect.stringMatching(/^Archive .*\n/)]);
  expect(world.sfn.executions.length).toBe(before + 1);
});

test('a night that has failed: exit 1, its error, and --again, which runs it once more', async () => {
  const fault = world.managers.m1.faults.inject('createFails', { error: 'No space left on device' });
  const failed = await world.offsite(ofNight(' --wait --json'));
  fault.clear();
  expect([failed.code, JSON.parse(failed.out)]).toMatchObject([
    1,
    {
      outcome: 'failed',
      error: 'SnapshotFailed',
      manager: 'm1',
      snapshot: `offsite-${slot}`,
      notes: expect.any(Array),
    },
  ]);
  expect(failed.err).toMatch(
    / {2}Waiting for the snapshot: SnapshotFailed\n(.*\n)*offsite: SnapshotFailed: .*No space left/,
  );
  expect(failed.err).toMatch(
    /offsite: SnapshotFailed: Snapshot offsite-\S+ failed on manager m1: No space left on device/,
  );
  const taken = await world.offsite(ofNight(' --wait'));
  expect([taken.code, taken.out]).toEqual([1, '']);
  expect(taken.err).toMatch(
    /^offsite: ExecutionExists: .* and failed: SnapshotFailed: .*No space left.* with --again\.\n$/,
  );
  const again = await world.offsite(ofNight(' --wait --again'));
  expect([again.code, again.out]).toEqual([0, expect.stringContaining(`offsite-${slot}.zip`)]);
  expect(world.sfn.executions.at(-1)?.name).toMatch(new RegExp(`^m1-${slot}-again-\\d{8}T\\d{6}Z$`));
});

test('retries are shown with the error that each attempt had', async () => {
  const fault = world.managers.m1.faults.inject('serverError', { status: 502 }, { times: 30 });
  const { err } = await world.offsite(ofNight(' --wait'));
  fault.clear();
  expect(err).toMatch(
    / {2}Looking for a healthy node: ManagerUnavailable: .*\n {2}Looking for a healthy node: trying again/,
  );
});

test.each([
  ['m1-20260101T020000Z-nobody', /ExecutionNotFound: There is no execution m1-\S+ of stack offsite/],
  [arnOf('nobody'), /ExecutionNotFound/],
])('follow %s: there is none', async (which, says) => {
  const { code, err } = await world.offsite(['follow', which]);
  expect([code, err]).toEqual([1, expect.stringMatching(says)]);
});

test('follow by name, by ARN and by manager: the whole run is shown, as it was', async () => {
  await world.offsite(ofNight(' --wait'));
  for (const which of [`m1-${slot}`, arnOf(`m1-${slot}`), '--manager m1']) {
    const { code, out, err } = await world.offsite(`follow ${which}`);
    expect([code, out], which).toEqual([0, expect.stringContaining(`offsite-${slot}.zip`)]);
    expect(err).toMatch(/Copying to storage \(195\.3 KiB\)\n[\s\S]*Verifying every file/);
  }
  const { out } = await world.offsite(`follow m1-${slot} --json`);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'succeeded', snapshot: `offsite-${slot}` });
  expect(problems('follow', JSON.parse(out))).toEqual([]);
});

test('bytes are those of the parts that storage has', async () => {
  const held = holdAt('CopySpan', 3);
  // The third span of 80 KiB has the last 36,160 bytes.
  const watching = { tty: true, stopAt: / 160\.0 KiB of 195\.3 KiB/ };
  const { code, err } = await world.offsite(ofNight(' --wait'), watching);
  held.release();
  expect([code, err]).toEqual([130, expect.stringMatching(/█+░+ 160\.0 KiB of 195\.3 KiB/)]);
});

test('Ctrl-C stops following and not the execution, and says so', async () => {
  const held = holdAt('CheckSnapshot');
  const left = await world.offsite(ofNight(' --wait --json'), { stopAt: 'Waiting for the snapshot' });
  expect(left.code).toBe(130);
  expect(left.err).toContain(
    'Stopped following, and nothing else. The execution goes on; to see it: offsite follow arn:',
  );
  expect(left.err).toContain('aws stepfunctions stop-execution --region us-east-1 --execution-arn arn:');
  expect(JSON.parse(left.out)).toMatchObject({ outcome: 'running', execution: arnOf(`m1-${slot}`) });
  expect(['export', 'follow'].map((name) => problems(name, JSON.parse(left.out)))).toEqual([[], []]);
  expect(world.sfn.executions.at(-1)?.status).toBe('RUNNING');
  held.release();
  await world.sfn.idle();
  expect((await world.offsite(`follow m1-${slot}`)).code).toBe(0);
});

test('throttled while following: it is waited for; throttled from the start: one sentence', async () => {
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  const held = holdAt('CheckSnapshot');
  const following = world.offsite(ofNight(' --wait'));
  await held.reached;
  world.sfn.fail('GetExecutionHistory', 'ThrottlingException', { message: 'Rate exceeded', times: 6 });
  held.release();
  expect((await following).code).toBe(0);
  world.sfn.fail('ListStateMachines', 'ThrottlingException', { message: 'Rate exceeded' });
  const { code, err } = await world.offsite('follow --manager m1');
  vi.stubEnv('AWS_MAX_ATTEMPTS', undefined);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(
      /^offsite: AwsUnavailable: AWS did not answer states:ListStateMachines: ThrottlingException .*\n$/,
    ),
  ]);
}, 60_000);

const DENIED = 'User: arn:aws:iam::123456789012:user/joe is not authorized to perform: the action';
test.each([
  ['ListStateMachines', 'states:ListStateMachines'],
  ['ListTagsForResource', 'states:ListTagsForResource'],
  ['StartExecution', 'states:StartExecution'],
  ['GetExecutionHistory', 'states:GetExecutionHistory'],
])('denied %s: the permission that is missing, nothing else', async (action, permission) => {
  world.sfn.fail(action, 'AccessDeniedException', { message: DENIED });
  const { code, out, err } = await world.offsite(ofNight(' --wait'));
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(new RegExp(`^offsite: AwsRefused: AWS denies ${permission}: User: \\S+ is not authorized.*\n$`));
  const started = action === 'GetExecutionHistory';
  expect(/The execution goes on; to see it: offsite follow arn:/.test(err)).toBe(started);
});

test('expired credentials: log in again', async () => {
  world.sfn.fail('ListStateMachines', 'ExpiredTokenException', { message: 'The security token is expired' });
  const { code, err } = await world.offsite('follow --manager m1');
  expect([code, err]).toEqual([1, expect.stringMatching(/AwsRefused: .*\(ExpiredTokenException\).*Log in again/)]);
});

test('no such installation: exit 2, what there is, what to check; it stands on no first page', async () => {
  const { code, err } = await world.offsite('export --manager m1 --installation prod');
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(
      /^offsite: InstallationNotFound: There is no stack "prod" \(no state machine prod-export\).*other stacks: offsite\. Check AWS_REGION/,
    ),
  ]);
});

test('no region, no credentials: one sentence each, nothing was asked', async () => {
  const asked = world.sfn.calls.length;
  const home = {
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const kept = { ...process.env };
  for (const [name, value] of Object.entries(home)) vi.stubEnv(name, value);
  vi.stubEnv('AWS_REGION', undefined);
  expect(await world.offsite('follow --manager m1')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/AWS_REGION/),
  });
  vi.stubEnv('AWS_REGION', kept['AWS_REGION']);
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  const { code, err } = await world.offsite('follow --manager m1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', kept['AWS_ACCESS_KEY_ID']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^offsite: InvalidConfiguration: No AWS credentials are found/),
  ]);
  expect(world.sfn.calls.length).toBe(asked);
});

test.each([
  ['TIMED_OUT', 'ExecutionTimedOut', /did not end within the time-out .* no clean-up followed/],
  ['ABORTED', 'ExecutionAborted', /The execution was stopped \(by hand\), and no clean-up followed/],
] as const)('an execution that is %s: %s', async (status, name, says) => {
  const [type, key] = status === 'ABORTED' ? ['Aborted', 'executionAborted'] : ['TimedOut', 'executionTimedOut'];
  const end = { [`${key}EventDetails`]: { cause: 'by hand' } };
  const events = [
    { id: 1, previousEventId: 0, timestamp: 1, type: 'ExecutionStarted' },
    { id: 2, previousEventId: 1, timestamp: 2, type: `Execution${type}`, ...end },
  ];
  world.sfn.put('offsite-export', `m1-${slot}`, { status, events, input: '{"manager":"m1"}', cause: 'by hand' });
  const { code, out, err } = await world.offsite(`follow m1-${slot} --json`);
  expect([code, JSON.parse(out)]).toMatchObject([1, { outcome: 'failed', error: name, manager: 'm1' }]);
  expect(problems('follow', JSON.parse(out))).toEqual([]);
  expect(err).toMatch(says);
  expect((await world.offsite(ofNight())).err).toMatch(new RegExp(`ExecutionExists: .*${name}.*--again`));
});

test('a history of 20,000 events is read once, page by page; then only what is new', async () => {
  const waits = Array.from({ length: 5000 }, (_, n) => n * 4 + 2).flatMap((id) => [
    {
      id,
      previousEventId: id - 1,
      timestamp: id,
      type: 'WaitStateEntered',
      stateEnteredEventDetails: { name: 'WaitForSnapshot' },
    },
    {
      id: id + 1,
      previousEventId: id,
      timestamp: id,
      type: 'WaitStateExited',
      stateExitedEventDetails: { name: 'WaitForSnapshot' },
    },
    {
      id: id + 2,
      previousEventId: id + 1,
      timestamp: id,
      type: 'TaskStateEntered',
      stateEnteredEventDetails: { name: 'CheckSnapshot' },
    },
    {
      id: id + 3,
      previousEventId: id + 2,
      timestamp: id,
      type: 'TaskStateExited',
      stateExitedEventDetails: { name: 'CheckSnapshot' },
    },
  ]);
  // Seen at every look, and still one attempt.
  const attempt = { id: 20_002, previousEventId: 20_001, timestamp: 9, type: 'LambdaFunctionScheduled' };
  const events = [{ id: 1, previousEventId: 0, timestamp: 1, type: 'ExecutionStarted' }, ...waits, attempt];
  const execution = world.sfn.put('offsite-export', `m1-${slot}`, { events: [...events] });
  const calls = () => world.sfn.calls.filter((call) => call === 'GetExecutionHistory').length;
  const before = calls();
  const following = world.offsite(`follow m1-${slot}`);
  await expect.poll(calls, { timeout: 30_000 }).toBeGreaterThan(before + 23);
  const last = events.length;
  execution.events.push(
    ...Array.from({ length: 250 }, (_, n) => ({
      id: last + n + 1,
      previousEventId: 1,
      timestamp: 9,
      type: 'PassStateEntered',
    })),
    {
      id: last + 251,
      previousEventId: 1,
      timestamp: 10,
      type: 'ExecutionFailed',
      executionFailedEventDetails: { error: 'E', cause: 'why' },
    },
  );
  const { code, err } = await following;
  expect([code, err]).toEqual([1, 'Waiting for the snapshot\noffsite: E: why\n']);
  const pages = world.sfn.bodies.filter((body) => body['executionArn'] === execution.arn && 'reverseOrder' in body);
  expect(pages.filter((body) => body['reverseOrder'] === false)).toHaveLength(21);
  expect(pages.filter((body) => body['reverseOrder'] === true).length).toBeLessThan(200);
});

test.each<[string, string, RegExp]>([
  ['no manager', 'export', /UsageError: Which manager is to be exported\? Add --manager NAME; or --local/],
  [
    'a flag of a local run',
    'export --manager m1 --manager-url http://x',
    /UsageError: --manager-url goes with --local/,
  ],
  ['--wait with --local', 'export --local --wait', /--wait is for what is deployed in AWS/],
  ['a manager in capitals', 'export --manager M1', /InvalidInput: .*manager: must be/],
  ['an installation with a slash', 'export --manager m1 --installation a/b', /--installation a\/b: must be/],
  ['nothing to follow', 'follow', /No execution is named: give its ARN or its name, or --manager NAME/],
  ['two things to follow', 'follow a b', /Unexpected argument 'b'/],
  ['a name and a manager', 'follow a --manager m1', /No execution is named/],
  ['the ARN of something else', 'follow arn:aws:lambda:us-east-1:1:function:x', /is not the ARN of an execution/],
  ['follow --local', 'follow --local', /there is nothing to follow with --local/],
])('%s: one line, exit 2, AWS is not asked', async (_, line, says) => {
  const asked = world.sfn.calls.length;
  const { code, out, err } = await world.offsite(line);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^offsite: [^\n]+\n$/);
  expect(err).toMatch(says);
  expect(world.sfn.calls.length).toBe(asked);
});

test('a manager with a name of 63 letters has executions with names of 80', async () => {
  const manager = `m${'x'.repeat(62)}`;
  const { code, err } = await world.offsite(`export --manager ${manager} --scheduled-time ${time} --wait --again`);
  expect([code, err]).toEqual([0, expect.any(String)]);
  expect(world.sfn.executions.at(-1)?.name).toHaveLength(80);
});

test('an ARN is followed where it is: in its region, and without looking for other state machines', async () => {
  await world.offsite(ofNight(' --wait'));
  const [calls, regions] = [world.sfn.calls.length, world.sfn.regions.length];
  const { code, out } = await world.offsite(`follow ${arnOf(`m1-${slot}`)}`);
  expect([code, out]).toEqual([0, expect.stringContaining(`offsite-${slot}.zip`)]);
  expect(world.sfn.calls.slice(calls)).not.toContain('ListStateMachines');
  await world.offsite(`follow ${arnOf('elsewhere').replace('us-east-1', 'eu-west-1')}`);
  expect(new Set(world.sfn.regions.slice(regions))).toEqual(new Set(['us-east-1', 'eu-west-1']));
});

test('an execution whose history never says that it ended is not watched for ever', async () => {
  const events = [{ id: 1, previousEventId: 0, timestamp: 1, type: 'ExecutionStarted' }];
  const past = { status: 'FAILED', error: 'ManagerBusy', cause: 'since yesterday', input: '{"manager":"m1"}' } as const;
  world.sfn.put('offsite-export', `m1-${slot}`, { ...past, events });
  const { code, err } = await world.offsite(`follow m1-${slot}`);
  expect([code, err]).toEqual([1, 'offsite: ManagerBusy: since yesterday\n']);
});

test('an execution that was redriven after it had failed counts by how it ends then', async () => {
  const failed = { executionFailedEventDetails: { error: 'E', cause: 'at first' } };
  const types = [['ExecutionStarted'], ['ExecutionFailed', failed], ['ExecutionRedriven']] as const;
  const events = types.map(([type, more], n) => ({ id: n + 1, previousEventId: n, timestamp: n, type, ...more }));
  const execution = world.sfn.put('offsite-restore', `m1-${slot}`, { events: [...events] });
  const asked = world.sfn.calls.length;
  const following = world.offsite(`follow m1-${slot}`);
  await expect.poll(() => world.sfn.calls.length, { timeout: 30_000 }).toBeGreaterThan(asked + 8);
  execution.events.push({ id: 4, previousEventId: 3, timestamp: 4, type: 'ExecutionTimedOut' });
  const { code, err } = await following;
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/ExecutionTimedOut: .*A restore that the manager has begun goes on/),
  ]);
});

test('a verification is followed as well', async () => {
  await world.offsite(ofNight(' --wait'));
  const arn = await world.sfn.begin('offsite-verify', `v-${slot}`, { manager: 'm1', archive: `offsite-${slot}` });
  const { code, out } = await world.offsite(`follow ${arn}`);
  expect([code, out]).toEqual([0, expect.stringMatching(/^Intact {4}1 of \d+ archives in s3:\/\/offsite/)]);
  expect(JSON.parse((await world.offsite(`follow v-${slot} --json`)).out)).toMatchObject({ outcome: 'succeeded' });
});

test.each([
  ['offsite-export', {}, /manager: /],
  ['offsite-export', { manager: 'm1', force: true }, /force/],
  ['offsite-restore', {}, /manager: /],
  ['offsite-restore', { manager: 'm1', forced: true }, /forced/],
  ['offsite-verify', { manager: 'm1', everything: true }, /everything/],
] as const)(
  'what a person has pasted wrongly into the console, %s %j: a sentence that names it',
  async (machine, input, says) => {
    const arn = await world.sfn.begin(machine, `console-${slot}-${world.sfn.executions.length}`, input);
    const { code, err } = await world.offsite(`follow ${arn}`);
    expect(code).toBe(1);
    expect(err).toMatch(/offsite: InvalidInput: The execution input is not valid: [^\n]*Nothing was started\.\n/);
    expect(err).toMatch(says);
  },
);

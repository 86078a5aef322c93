import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { asSeen } from '../../lib/cli/commands/restore/confirm-overwrite.ts';
import { main } from '../../lib/cli/main.ts';
import type { PlannedRestore } from '../../lib/local/restore.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { signing } from '../support/signing.ts';

let dir: string;
let source: SimulatedManager;
let target: SimulatedManager;
// Near the wall clock: real sockets and files have its dates.
const clock = new VirtualClock(new Date().toISOString());
const usual: SimulatedManagerOptions = {
  version: '6.4.2',
  edition: 'premium',
  password: 'canary-Passw0rd',
  now: clock.now,
  createSeconds: 0,
  restoreSeconds: 60,
  archive: { sizeBytes: 200_000 },
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-cli-restore-'));
  await writeFile(join(dir, 'password'), 'canary-Passw0rd\n');
  await writeFile(join(dir, 'other'), 'canary-0therPassw0rd\n');
  source = await startSimulatedManager(usual);
  const made = await offsite(['export', '--local', ...at(source), '--manager', 'm1', '--to', join(dir, 'store')]);
  expect([made.code, made.err]).toEqual([0, expect.any(String)]);
});
afterEach(async () => await target?.close());
afterAll(async () => {
  await source.close();
  await rm(dir, { recursive: true, force: true });
});

interface Shown {
  code: number;
  out: string;
  err: string;
}

interface Watching {
  readonly tty?: boolean;
  readonly ask?: (question: string) => Promise<string>;
  /** Ctrl-C when this is shown on standard error. */
  readonly stopAt?: string;
  readonly stop?: AbortController;
}

/** The command line as a person or a script sees it. */
async function offsite(args: string[], { tty = false, ask, stopAt, stop = new AbortController() }: Watching = {}) {
  const shown: Shown = { code: -1, out: '', err: '' };
  const write = (text: string) => {
    shown.err += text;
    if (stopAt !== undefined && shown.err.includes(stopAt)) stop.abort();
  };
  shown.code = await main(args, {
    out: {
      write: (text) => {
        shown.out += text;
      },
    },
    err: { write, isTTY: tty, columns: 100 },
    interrupt: stop.signal,
    signing,
    clock,
    ...(ask ? { ask } : {}),
  });
  expect(shown.out + shown.err).not.toMatch(/canary|X-Amz-Signature=[0-9a-f]| at .*\.ts/);
  return shown;
}

const at = (manager: SimulatedManager, password = 'password') => [
  ...['--manager-url', manager.urls[0] ?? '', '--username', 'admin', '--password-file', join(dir, password)],
];
const from = () => ['--from', join(dir, 'store')];
const restore = (...more: string[]) => ['restore', '--local', '--manager', 'm1', ...at(target), ...from(), ...more];
const empty = async (options: SimulatedManagerOptions = {}) => {
  target = await startSimulatedManager({ ...usual, holds: 'nothing', ...options });
};
const full = async (options: SimulatedManagerOptions = {}) => {
  target = await startSimulatedManager({ ...usual, ...options });
};
/** What must not have happened: an upload, a restore. */
const changes = () => target.requests.filter(({ method }) => ['PUT', 'POST'].includes(method)).map(({ path }) => path);
const evidences = async () => {
  const folder = join(dir, 'store/offsite/restores/m1');
  const names = (await readdir(folder)).sort();
  return await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
};

test('a restore: exit 0, what was done and proven; one plain line per state when nobody watches', async () => {
  await empty();
  const { code, out, err } = await offsite(restore());
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^Looking for a healthy node\n[^\r]*Recording the restore report\n$/),
  ]);
  expect(out).toMatch(/^Restored {2}manager m1 from .*store\/offsite\/archives\/m1\/\S+\.zip\n/);
  expect(out).toMatch(
    /\nArchive {3}195\.3 KiB, taken \d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ s old, legacy format of Cloudify Manager 6\.4\.2\n/,
  );
  expect(out).toMatch(
    /\nMethod {4}fetched by the manager by URL\nPhases {4}prepare \S+ s, upload \S+ s, restore .*, verify/,
  );
  expect(out).toMatch(/\nVerified {2}12 types in 2 tenants agree with the archive; not compared: events, logs\n/);
  expect(out).toMatch(/\nRTO {7}.* from the start to the proof\nReport {4}.*store\/offsite\/restores\/m1\/\S+\.json\n/);
});

test('--json: exactly one JSON document on standard output, the report', async () => {
  await empty();
  const { code, out } = await offsite(restore('--json', '--reason', 'a test'));
  expect([code, JSON.parse(out)]).toEqual([
    0,
    expect.objectContaining({ outcome: 'succeeded', error: null, manager: 'm1', purpose: 'recovery', differences: [] }),
  ]);
  expect((await evidences()).at(-1)).toMatchObject({ reason: 'a test' });
});

test('--trust-storage: the stored archive is not read before, and the evidence says so', async () => {
  await empty();
  const { code, err } = await offsite(restore('--trust-storage', '--verbose'));
  expect(code).toBe(0);
  expect(err).not.toContain('Reading the stored archive: ');
  const record = (await evidences()).at(-1);
  expect(record).toMatchObject({ options: { trustStorage: true }, compared: { storage: 'trusted', upload: 'all' } });
});

test('the newest archive is missing: what to restore instead, and --skip-damaged takes it and says so', async () => {
  await empty();
  const store = join(dir, 'with-two');
  await cp(join(dir, 'store'), store, { recursive: true });
  clock.advance(7200);
  const made = await offsite(['export', '--local', ...at(source), '--manager', 'm1', '--to', store]);
  expect(made.code).toBe(0);
  const archives = join(store, 'offsite/archives/m1');
  const files = (await readdir(archives, { recursive: true })).filter((name) => name.endsWith('.zip')).sort();
  const [older = '', newest = ''] = files.map((name) => name.slice(name.lastIndexOf('/') + 1, -4));
  await rm(join(archives, files[1] ?? ''));
  const again = (...more: string[]) => [
    'restore',
    '--local',
    '--manager',
    'm1',
    ...at(target),
    '--from',
    store,
    ...more,
  ];
  const refused = await offsite(again('--dry-run'));
  expect([refused.code, changes()]).toEqual([1, []]);
  expect(refused.err).toMatch(
    new RegExp(
      `offsite: ArchiveGone: .*${newest}, cannot be restored: .* next valid archive is ${older}, .* 2 h old: .*--archive ${older} .*--skip-damaged`,
    ),
  );
  const planned = await offsite(again('--dry-run', '--skip-damaged'));
  expect([planned.code, planned.out]).toEqual([
    0,
    expect.stringMatching(
      `Archive {3}${older} of manager m1[^]*\nNote {6}Passed over: ${newest} has a manifest but no archive`,
    ),
  ]);
  for (const [options, says] of [
    [['--skip-damaged'], `NOT the newest archive: ${newest} (ArchiveGone) cannot be restored`],
    [['--archive', older, '--force', '--yes'], `NOT the newest archive: ${newest} (ArchiveGone)`],
  ] as const) {
    const { code, out } = await offsite(again(...options, '--json'));
    const report = JSON.parse(out);
    expect([code, report.message]).toEqual([0, expect.stringContaining(says)]);
    expect(report.archive.snapshot).toBe(older);
  }
  const shown = await offsite(again('--skip-damaged', '--force', '--yes'));
  expect(shown.out).toContain(`Skipped   ${newest} (ArchiveGone): this is NOT the newest archive\n`);
  const both = await offsite(again('--skip-damaged', '--archive', older));
  expect([both.code, both.err]).toEqual([
    2,
    expect.stringMatching(/InvalidInput: .*skipDamaged: must not be given together/),
  ]);
});

test('on a terminal: a stream has a bar, and while the manager restores its execution is shown', async () => {
  await empty();
  const { code, err } = await offsite(restore('--method', 'stream'), { tty: true });
  expect(code).toBe(0);
  expect(err).toMatch(/\r.\[2KHanding over the archive +█{24} 195\.3 KiB of 195\.3 KiB, \S+ \S+\/s\n/);
  expect(err).toMatch(/\r.\[2KRestoring on the manager +\d+ s, execution started/);
});

test('--dry-run: the plan, exit 0, and nothing is changed', async () => {
  await empty();
  const { code, out } = await offsite(restore('--dry-run'));
  expect([code, changes()]).toEqual([0, []]);
  expect(out).toMatch(
    /^Planned {3}a restore of manager m1; nothing was changed\nManager {3}Cloudify 6\.4\.2 premium at /,
  );
  expect(out).toMatch(
    /\nTarget {4}empty\nMethod {4}fetched by the manager by URL, streamed if that fails\nEstimate {2}/,
  );
  const json = JSON.parse((await offsite(restore('--dry-run', '--json'))).out);
  expect(json).toMatchObject({
    outcome: 'planned',
    run: { manager: 'm1' },
    plan: { outcome: 'planned', refusals: [] },
  });
});

test('--dry-run of what would be refused: the plan all the same, why not, exit 1', async () => {
  await full();
  const { code, out, err } = await offsite(restore('--dry-run'));
  expect([code, changes()]).toEqual([1, []]);
  expect(out).toMatch(/\nTarget {4}holds 2 tenants, .*\n(.*\n)*Refused {3}TargetNotEmpty: .*--force/);
  expect(err).toMatch(/\noffsite: TargetNotEmpty: Manager m1 is not empty/);
});

test('a manager that holds something, without --force: refused, exit 1, with evidence', async () => {
  await full();
  const { code, out, err } = await offsite(restore());
  expect([code, out, changes()]).toEqual([1, '', []]);
  expect(err).toMatch(/\noffsite: TargetNotEmpty: .*as it was\.\n(.*\n)* {2}Restore report: .*restores\/m1\//);
  // By the step that failed its name alone, and at the end all of it.
  expect(err).toMatch(/^ {2}Checking the manager: TargetNotEmpty$/m);
  expect(err.match(/is not empty: it holds/g)).toHaveLength(1);
});

test('--force where nobody can be asked: exit 2, nothing is changed; with --json a report says so', async () => {
  await full();
  const { code, out, err } = await offsite(restore('--force', '--json'));
  expect([code, changes()]).toEqual([2, []]);
  expect(err).toMatch(
    /it holds 2 tenants, 3 users, .*\nTo be restored over it: offsite-\S+ of manager m1, .* old, 195/,
  );
  expect(err).toMatch(/\noffsite: UsageError: .*no terminal to ask.* add --yes/);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: 'UsageError', restore: null, evidence: null });
});

test('--force --yes: what was there is shown, and replaced', async () => {
  await full();
  target.state.addTenant('only-here');
  const { code, out, err } = await offsite(restore('--force', '--yes'));
  expect([code, err]).toEqual([0, expect.stringContaining('it holds 3 tenants')]);
  expect(out).toContain('12 types in 2 tenants agree');
  expect(target.state.tenants).not.toContain('only-here');
});

test("--force on a terminal: asks for the manager's name, after showing what is there", async () => {
  await full();
  const questions: string[] = [];
  const ask = (answer: string) => async (question: string) => {
    questions.push(question);
    return answer;
  };
  const no = await offsite(restore('--force'), { tty: true, ask: ask('y') });
  expect([no.code, changes()]).toEqual([2, []]);
  expect(no.err).toMatch(/offsite: UsageError: That was not "m1": nothing was changed/);
  const yes = await offsite(restore('--force'), { tty: true, ask: ask(' m1 ') });
  expect([yes.code, questions]).toEqual([
    0,
    Array(2).fill(expect.stringMatching(/^Type the name of the manager \(m1\)/)),
  ]);
});

test('Ctrl-C at the question: exit 130, nothing is changed', async () => {
  await full();
  const stop = new AbortController();
  const ask = async () => {
    stop.abort();
    throw new DOMException('aborted', 'AbortError');
  };
  const { code, err } = await offsite(restore('--force'), { tty: true, ask, stop });
  expect([code, changes()]).toEqual([130, []]);
  expect(err).toMatch(/offsite: Interrupted: .*nothing was changed\.\n$/);
});

test('what is restored is what was looked at: that archive, and over data only where somebody said so', () => {
  const input = { manager: 'm1', archive: 'latest', force: true };
  const look = (isEmpty: boolean, snapshot: string | null) =>
    ({
      outcome: 'planned',
      selection: { snapshot, size: 9, sourceTag: 'x' },
      plan: { target: { isEmpty } },
    }) as unknown as PlannedRestore;
  const snapshot = 'offsite-20261122T020000Z';
  expect(asSeen(input, look(false, snapshot), false)).toEqual({ manager: 'm1', archive: snapshot, force: true });
  expect(asSeen(input, look(true, snapshot), false)).toEqual({ manager: 'm1', archive: snapshot, force: false });
  expect(asSeen(input, look(true, snapshot), true), 'with --yes').toEqual({
    manager: 'm1',
    archive: snapshot,
    force: true,
  });
  const byUrl = { manager: 'm1', archiveUrl: 'https://files.example.com/a.zip', force: true };
  expect(asSeen(byUrl, look(false, null), false)).toEqual({ ...byUrl, archiveSeen: { size: 9, tag: 'x' } });
});

test('--force on an empty manager asks nothing; --force that is refused for another reason says which', async () => {
  await empty();
  expect((await offsite(restore('--force'))).code).toBe(0);
  await target.close();
  await full({ version: '5.0.5' });
  const { code, err } = await offsite(restore('--force', '--yes'));
  expect([code, changes()]).toEqual([1, []]);
  expect(err).toMatch(/\noffsite: TargetUnsuitable: .*is older than the manager that made the archive/);
});

test('other passwords in the archive: --restored-username is how they are known afterwards', async () => {
  await empty({ password: 'canary-0therPassw0rd' });
  const args = ['restore', '--local', '--manager', 'm2', ...at(target, 'other'), ...from(), '--source-manager', 'm1'];
  const known = ['--restored-username', 'admin', '--restored-password-file', join(dir, 'password')];
  const { code, out } = await offsite([...args, ...known]);
  expect([code, out]).toEqual([0, expect.stringMatching(/\nNote {6}Manager m2 takes the credentials of/)]);
});

test('the same without it: nobody can see the end, and that is said', async () => {
  await empty({ password: 'canary-0therPassw0rd' });
  const args = ['restore', '--local', '--manager', 'm2', ...at(target, 'other'), ...from(), '--source-manager', 'm1'];
  const { code, err } = await offsite(args);
  expect([code, err]).toEqual([1, expect.stringMatching(/\noffsite: CredentialsRejected: .*--restored-username/)]);
});

test('a drill: proven, then removed again; never without --drill-target', async () => {
  await empty();
  const { code, out } = await offsite(restore('--drill', '--drill-target', '--json'));
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ purpose: 'drill', outcome: 'succeeded' })]);
  expect(target.state.content.inventory().totals).toMatchObject({ blueprints: 0, deployments: 0 });
});

test('what a restore leaves out: exit 1 and the differences; --allow-partial reports them and exits 0', async () => {
  await empty();
  target.faults.inject('restorePartial', { type: 'secrets', count: 3 });
  const partial = await offsite(restore());
  expect(partial.code).toBe(1);
  expect(partial.err).toMatch(/\noffsite: RestorePartial: .*\n {2}secrets: 10 in the archive, 7 on the manager\n/);
  await target.close();
  await empty();
  target.faults.inject('restorePartial', { type: 'secrets', count: 3 });
  const allowed = await offsite(restore('--allow-partial'));
  expect([allowed.code, allowed.out]).toEqual([
    0,
    expect.stringMatching(/\nDiffers {3}secrets: 10 in the archive, 7 on/),
  ]);
});

test('Ctrl-C while the manager restores: exit 130, the evidence and the message say that it goes on there', async () => {
  await empty({ restoreSeconds: 3600 });
  const { code, out, err } = await offsite(restore('--json'), { stopAt: 'execution started' });
  expect([code, JSON.parse(out)]).toEqual([130, expect.objectContaining({ outcome: 'failed', error: 'Interrupted' })]);
  expect(err).toMatch(/\noffsite: Interrupted: .*goes on on manager m1 \(execution [0-9a-f-]+\)/);
  expect((await evidences()).at(-1)).toMatchObject({
    state: 'failed',
    error: 'Interrupted',
    times: { requested: expect.any(String) },
  });
  expect(target.state.activeExecutions).toHaveLength(1);
});

test('Ctrl-C before a worker has taken the restore: it is cancelled, and nobody is told that it goes on', async () => {
  await empty({ restoreSeconds: 3600 });
  const { code, err } = await offsite(restore(), { stopAt: 'execution pending' });
  expect([code, err]).toEqual([130, expect.stringMatching(/\n {2}Restore \S+ on manager m1 was never started/)]);
  expect(err).not.toContain('goes on');
  expect([target.state.activeExecutions, target.state.snapshots]).toEqual([[], []]);
});

test('Ctrl-C while the archive is handed over: exit 130, nothing of it is left, the next restore may begin', async () => {
  await empty();
  const { code, err } = await offsite(restore(), { stopAt: 'Handing over the archive' });
  expect([code, err]).toEqual([130, expect.stringMatching(/\noffsite: Interrupted: .*Nothing was restored/)]);
  expect(target.state.snapshots).toEqual([]);
  expect((await offsite(restore())).code).toBe(0);
});

test('Ctrl-C when only tidying is left: it is finished, as it was', async () => {
  await empty();
  const { code, out } = await offsite(restore(), { stopAt: 'Cleaning up the manager' });
  expect([code, out]).toEqual([0, expect.stringMatching(/^Restored/)]);
  expect(target.state.snapshots).toEqual([]);
});

const url = () => ['--manager-url', source.urls[0] ?? ''];
const some = () => ['restore', '--local', '--manager', 'm1', ...at(source), ...from()];

test.each<[string, () => string[], number, RegExp]>([
  [
    'neither a manager nor --local',
    () => ['restore'],
    2,
    /UsageError: --manager <NAME> is required: the manager that is restored to/,
  ],
  ['no manager', () => ['restore', '--local', ...url()], 2, /--manager <NAME> is required/],
  ['no address', () => ['restore', '--local', '--manager', 'm1'], 2, /add --manager-url URL/],
  ['no credentials', () => ['restore', '--local', '--manager', 'm1', ...url()], 2, /needs credentials/],
  ['an unknown flag', () => [...some(), '--frobnicate'], 2, /'--frobnicate'. See: offsite restore --help/],
  [
    'an archive and a time',
    () => [...some(), '--archive', 'x', '--as-of', '2026-11-22T02:00:00Z'],
    2,
    /cannot be used with option '--as-of/,
  ],
  ['an archive and a URL', () => [...some(), '--archive', 'x', '--archive-url', 'http://x/y'], 2, /archiveUrl/],
  ['a time that is none', () => [...some(), '--as-of', 'yesterday'], 2, /InvalidInput: .*archive/],
  [
    'a method that is none',
    () => [...some(), '--method', 'pigeon'],
    2,
    /UsageError: Option '--method <METHOD>' argument 'pigeon' is invalid. Allowed choices are auto, url, stream/,
  ],
  ['--no-reboot alone', () => [...some(), '--no-reboot'], 2, /noReboot: has a meaning only with/],
  ['a drill by a slip', () => [...some(), '--drill'], 2, /Add --drill-target if this manager may be overwritten/],
  ['--drill-target alone', () => [...some(), '--drill-target'], 2, /--drill-target needs --drill/],
  [
    'a name without its password',
    () => [...some(), '--restored-username', 'admin'],
    2,
    /--restored-username needs --restored-password-file/,
  ],
  ['--yes for a dry run', () => [...some(), '--dry-run', '--yes'], 2, /'--yes' cannot be used with option '--dry-run'/],
  [
    'a folder and a bucket',
    () => [...some(), '--bucket', 'b'],
    2,
    /'--from <DIR>' cannot be used with option '--bucket/,
  ],
  [
    'a folder without archives',
    () => ['restore', '--local', '--manager', 'm1', ...at(source), '--from', join(dir, 'nowhere')],
    2,
    /--from .*nowhere: holds no archives/,
  ],
  [
    'a refused connection',
    () => ['restore', '--local', '--manager', 'm1', ...at(source).with(1, 'http://127.0.0.1:1'), ...from()],
    1,
    /ManagerUnavailable: .*refuses connections/,
  ],
])('%s: one line that says what to do, nothing left behind', async (_, args, code, message) => {
  const shown = await offsite(args());
  expect([shown.code, shown.out]).toEqual([code, '']);
  expect(shown.err).toMatch(/^offsite: [^\n]+\n$/);
  expect(shown.err).toMatch(message);
  expect(await readdir(dir)).not.toContain('nowhere');
});

test('an archive that is not there: exit 1, which ones there are', async () => {
  await empty();
  const { code, err } = await offsite(restore('--archive', 'offsite-20010101T000000Z'));
  expect([code, err]).toEqual([1, expect.stringMatching(/\noffsite: ArchiveNotFound: /)]);
  expect(changes()).toEqual([]);
});

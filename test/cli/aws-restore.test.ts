import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DeployedWorld } from '../support/deployed-world.ts';
import { problems } from '../support/published-schemas.ts';

let world: DeployedWorld;
const ARCHIVE = 'offsite-20261122T020000Z';
beforeAll(async () => {
  world = await DeployedWorld.start();
  const { code } = await world.offsite('export --manager m1 --scheduled-time 2026-11-22T02:00:00Z --wait');
  expect(code).toBe(0);
});
afterEach(async () => await world.sfn.idle());
afterAll(async () => await world.stop());

const M2 = 'restore --manager m2 --source-manager m1';
const started = () => world.sfn.executions.filter(({ machine }) => machine === 'offsite-restore');
const lastInput = () => JSON.parse(started().at(-1)?.input ?? '{}') as Record<string, unknown>;

test('a dry run is waited for: the plan, nothing is changed', async () => {
  const { code, out, err } = await world.offsite(`${M2} --dry-run`);
  expect([code, out]).toEqual([0, expect.stringMatching(/^Planned {3}a restore of manager m2; nothing was changed\n/)]);
  expect(err).toMatch(/Choosing the archive\nChecking the manager\n$/);
  expect(started().at(-1)?.name).toMatch(/^m2-\d{8}T\d{6}Z-dry-run-\d{3}$/);
  const { out: json } = await world.offsite(`${M2} --dry-run --json --archive ${ARCHIVE}`);
  expect(JSON.parse(json)).toMatchObject({
    outcome: 'planned',
    selection: { snapshot: ARCHIVE },
    plan: { refusals: [] },
  });
});

test('restore --wait: restored in AWS, compared, told as a local restore is', async () => {
  const { code, out, err } = await world.offsite(`${M2} --wait --reason drill-of-hands`);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/Restoring on the manager\n[\s\S]*Recording the restore report\n/),
  ]);
  expect(out).toMatch(new RegExp(`^Restored {2}manager m2 from s3://offsite/archives/m1/2026/11/${ARCHIVE}\\.zip\n`));
  expect(out).toMatch(/\nVerified {2}12 types in 2 tenants agree with the archive/);
  expect(out).toMatch(/\nReport {4}s3:\/\/offsite\/restores\/m2\//);
  expect(lastInput()).toEqual({ manager: 'm2', sourceManager: 'm1', reason: 'drill-of-hands' });
  const followed = await world.offsite('follow --manager m2 --json');
  expect(JSON.parse(followed.out)).toMatchObject({ outcome: 'succeeded', manager: 'm2', differences: [] });
  expect(problems('follow', JSON.parse(followed.out))).toEqual([]);
});

test('a manager that is not empty: refused without --force, exit 1, by the report of the execution', async () => {
  const { code, out, err } = await world.offsite(`${M2} --wait --json`);
  expect([code, JSON.parse(out)]).toMatchObject([
    1,
    { outcome: 'failed', error: 'TargetNotEmpty', evidence: expect.stringMatching(/^restores\/m2\//) },
  ]);
  expect(err).toMatch(/offsite: TargetNotEmpty: .*--force/);
});

test('--force where nobody can be asked: what would be lost is shown, nothing but the dry run was started', async () => {
  const before = started().length;
  const { code, err } = await world.offsite(`${M2} --force`);
  expect([code, err]).toEqual([2, expect.stringMatching(/is not empty: it holds .*blueprints/)]);
  expect(err).toMatch(
    /UsageError: Manager m2 is not empty, and there is no terminal to ask.*add --yes\. Nothing was changed/,
  );
  expect(started().length).toBe(before + 1);
  expect(lastInput()).toMatchObject({ dryRun: true, force: true });
});

test('--force on a terminal: another name is a no, the name of the manager starts what was looked at', async () => {
  const before = started().length;
  const no = await world.offsite(`${M2} --force`, { tty: true, ask: async () => 'm1' });
  expect([no.code, no.err]).toEqual([2, expect.stringContaining('That was not "m2": nothing was changed.')]);
  expect(started().length).toBe(before + 1);
  const yes = await world.offsite(`${M2} --force --wait`, { tty: true, ask: async () => 'm2' });
  expect([yes.code, yes.out]).toEqual([0, expect.stringContaining('Restored  manager m2')]);
  expect(lastInput()).toEqual({ manager: 'm2', sourceManager: 'm1', force: true, archive: ARCHIVE });
});

test('--force where the look says no: that is the report, and no restore is started', async () => {
  const before = started().length;
  const { code, err } = await world.offsite(`${M2} --force --yes --wait --archive offsite-20200101T000000Z`);
  expect([code, err]).toEqual([1, expect.stringMatching(/offsite: ArchiveNotFound: /)]);
  expect(started().length).toBe(before + 1);
});

test('--force --yes: nobody is asked; started and not waited for', async () => {
  const { code, out } = await world.offsite(`${M2} --force --yes --json`);
  expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'started', manager: 'm2' }]);
  await world.sfn.idle();
  expect(started().at(-1)?.status).toBe('SUCCEEDED');
});

test('Ctrl-C while the dry run is watched: nothing else was started', async () => {
  const before = started().length;
  const { code, err } = await world.offsite(`${M2} --force --yes`, { stopAt: 'Choosing the archive' });
  expect([code, err]).toEqual([130, expect.stringContaining('Stopped following')]);
  await world.sfn.idle();
  expect(started().length).toBe(before + 1);
});

test('a drill: only where the secret says so; its flags become the input', async () => {
  const refused = await world.offsite('restore --manager m1 --drill --force --yes --wait');
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/DrillRefused: The secret of manager m1/)]);
  const drill = await world.offsite(`${M2} --drill --force --yes --wait --allow-partial --restored-secret m1`);
  expect([drill.code, drill.err]).toEqual([0, expect.any(String)]);
  expect(lastInput()).toMatchObject({ purpose: 'drill', allowPartial: true, restoredCredentialsSecret: 'm1' });
});

test('an archive that is not there: ArchiveNotFound, exit 1', async () => {
  const { code, err } = await world.offsite(`${M2} --wait --archive offsite-20200101T000000Z`);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/offsite: ArchiveNotFound: .*no verified archive offsite-2020/),
  ]);
});

test.each([
  ['a URL of the manager', `${M2} --manager-url http://x`, /--manager-url goes with --local/],
  ['--drill-target', `${M2} --drill --drill-target`, /--drill-target goes with --local/],
  ['a folder', `${M2} --from x`, /--from goes with --local/],
  ['no manager', 'restore', /--manager <NAME> is required/],
  [
    'two choices of an archive',
    `${M2} --archive latest --as-of 2026-11-22T02:00:00Z`,
    /cannot be used with option '--as-of/,
  ],
  ['a method that nobody knows', `${M2} --method ftp`, /method/],
  ['--local with --wait', `${M2} --local --wait`, /--wait is for what is deployed in AWS/],
])('%s: one line, exit 2, AWS is not asked', async (_, line, says) => {
  const asked = world.sfn.calls.length;
  const { code, err } = await world.offsite(line);
  expect([code, err]).toEqual([2, expect.stringMatching(says)]);
  expect(world.sfn.calls.length).toBe(asked);
});

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DeployedWorld } from '../support/deployed-world.ts';
import { problems } from '../support/published-schemas.ts';
import type { WireExecution } from '../support/step-functions.ts';

let world: DeployedWorld;
beforeAll(async () => {
  world = await DeployedWorld.start({ rules: { approvalHours: 24 } });
  expect((await world.offsite('export --manager m1 --wait')).code).toBe(0);
});
afterEach(async () => {
  world.before = undefined;
  await world.sfn.idle();
});
afterAll(async () => await world.stop());

const M1 = 'restore --manager m1 --force --yes';
const decisions = () => world.sfn.executions.filter(({ machine }) => machine === 'offsite-approve');

/** Starts a restore of m1, which holds something, and does this when it has waited for a while. */
async function whileWaiting(line: string, work: (restore: string) => Promise<unknown>) {
  let calls = 0;
  world.before = async (step) => {
    if (step !== 'CheckApproval' || ++calls !== 3) return;
    const waits = (await world.files('approval-requests')).sort().at(-1) ?? '';
    await work(/([^/]+)\.json$/.exec(waits)?.[1] ?? '');
  };
  return await world.offsite(line);
}

const inputOf = ({ input }: WireExecution = { input: '{}' } as WireExecution) => JSON.parse(input) as object;

test('restore --wait says that it waits and for which command; approved, it goes on to its end', async () => {
  const shown = await whileWaiting(`${M1} --wait --reason ticket-4711`, async (restore) => {
    const ask = async (question: string) => {
      expect(question).toContain('Type the name of the manager (m1) to approve the restore');
      return 'm1';
    };
    const { code, out, err } = await world.offsite(`approve ${restore} --manager m1`, { tty: true, ask });
    expect([code, out]).toEqual([
      0,
      `Restore ${restore} of manager m1 is approved: it continues within two minutes.\n`,
    ]);
    // As a narrow terminal shows it, without the breaks.
    const said = err.replaceAll(/\n +(?=\S)/g, ' ');
    expect(said).toMatch(/^Restore {3}\S+ overwrites manager m1, which holds .*blueprints/m);
    expect(said).toMatch(/^Archive {3}offsite-\S+ of manager m1, .*, version \S+$/m);
    expect(said).toMatch(/^Options {3}purpose recovery, force, recreateDeploymentsEnvs$/m);
    expect(said).toMatch(/^Reason {4}ticket-4711$/m);
    expect(inputOf(decisions().at(-1))).toMatchObject({ manager: 'm1', restore, decision: 'approve', by: /.@./ });
  });
  expect([shown.code, shown.err]).toEqual([0, expect.stringContaining('Restoring on the manager')]);
  expect(shown.err).toMatch(
    /\n {2}Manager m1 is not empty\. An approver decides with: offsite approve \S+ --manager m1\nWaiting for an approval\n/,
  );
  expect(shown.out).toMatch(/^Phases {4}prepare .*, approval \d+ s, upload/m);
});

test('the plan of a dry run says that the restore will wait', async () => {
  const { out } = await world.offsite('restore --manager m1 --force --dry-run');
  expect(out).toMatch(/waits for an approval/);
});

test('rejected: the restore ends by that name, exit 1', async () => {
  const shown = await whileWaiting(`${M1} --wait`, async (restore) => {
    const { code, out } = await world.offsite(`approve ${restore} --manager m1 --reject --yes --reason no --json`);
    expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'recorded', decision: 'reject', error: null }]);
    expect(problems('approve', JSON.parse(out))).toEqual([]);
  });
  expect([shown.code, shown.err]).toEqual([1, expect.stringMatching(/offsite: ApprovalRefused: .*\(no\)/)]);
});

test('a decision is made once: the second one fails by name, and says when the first was', async () => {
  await whileWaiting(`${M1} --wait`, async (restore) => {
    expect((await world.offsite(`approve ${restore} --manager m1 --yes --break-glass alone`)).code).toBe(0);
    expect(inputOf(decisions().at(-1))).toMatchObject({ breakGlass: 'alone' });
    const { code, err, out } = await world.offsite(`approve ${restore} --manager m1 --reject --yes --json`);
    expect(problems('approve', JSON.parse(out))).toEqual([]);
    expect([code, err]).toEqual([1, expect.stringMatching(/offsite: NothingToApprove: .* was approved at /)]);
  });
});

test('another name, or nobody to ask: exit 2, nothing was started', async () => {
  await whileWaiting(`${M1} --wait`, async (restore) => {
    const before = decisions().length;
    const no = await world.offsite(`approve ${restore} --manager m1`, { tty: true, ask: async () => 'm2' });
    expect([no.code, no.err]).toEqual([2, expect.stringContaining('That was not "m1": nothing was decided.')]);
    const nobody = await world.offsite(`approve ${restore} --manager m1`);
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('add --yes')]);
    expect(decisions().length).toBe(before);
    await world.offsite(`approve ${restore} --manager m1 --yes --reject`);
  });
});

test('a restore that does not wait: NothingToApprove, nothing was started', async () => {
  const before = decisions().length;
  const { code, err } = await world.offsite('approve 20261121T030000Z-00000000 --manager m1 --yes');
  expect([code, err]).toEqual([1, expect.stringMatching(/NothingToApprove: .*approval-requests\/m1\/.* is not there/)]);
  expect(decisions().length).toBe(before);
});

test('follow --manager shows the restore that waits, not the decision about it', async () => {
  await whileWaiting(`${M1} --wait`, async (restore) => {
    await world.offsite(`approve ${restore} --manager m1 --yes --reject`);
  });
  const { out } = await world.offsite('follow --manager m1 --json');
  expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', error: 'ApprovalRefused' });
});

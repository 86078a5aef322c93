import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { flipByte } from '../../folder-s3/service/faults.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { problems } from '../support/published-schemas.ts';

let world: DeployedWorld;
beforeAll(async () => {
  world = await DeployedWorld.start();
  for (const day of [21, 22]) {
    const { code } = await world.offsite(`export --manager m1 --scheduled-time 2026-01-${day}T02:00:00Z --wait`);
    expect(code).toBe(0);
  }
});
afterEach(async () => await world.sfn.idle());
afterAll(async () => await world.stop());

test('verify: started with its input, not waited for; --json says which execution', async () => {
  const { code, out, err } = await world.offsite('verify latest --manager m1 --reason audit');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^Started {3}verification of manager m1, at .*\nExecution arn:\S+:offsite-verify:m1-\d{8}T\d{6}Z-\d{3}\n/,
  );
  await world.sfn.idle();
  expect(JSON.parse(world.sfn.executions.at(-1)?.input ?? '')).toEqual({
    manager: 'm1',
    archive: 'latest',
    reason: 'audit',
  });
  const document = JSON.parse((await world.offsite('verify --sample 10% --json')).out);
  expect(document).toMatchObject({
    outcome: 'started',
    manager: null,
    message: expect.stringContaining('all managers'),
  });
});

test('verify --wait: shown to its end, told as that of a local run; a damaged archive is exit code 1', async () => {
  const whole = await world.offsite('verify --all --wait');
  expect([whole.code, whole.out]).toEqual([0, expect.stringMatching(/^Intact {4}2 of 2 archives in s3:\/\/offsite/)]);
  const [file = ''] = (await world.files('archives')).sort();
  await flipByte(`${world.dir}/offsite/${file}`);
  const { code, out, err } = await world.offsite('verify --all --wait --json');
  expect([code, JSON.parse(out)]).toMatchObject([
    1,
    { outcome: 'failed', error: 'ArchiveDamaged', counts: { good: 1, damaged: 1 } },
  ]);
  expect(err).toContain('offsite: ArchiveDamaged: 1 of 2 archives is damaged');
  const [{ arn = '' } = {}] = world.sfn.executions.slice(-1);
  const followed = JSON.parse((await world.offsite(`follow ${arn} --json`)).out);
  expect([followed.error, problems('follow', followed), problems('verify', followed)]).toEqual([
    'ArchiveDamaged',
    [],
    [],
  ]);
});

test.each([
  ['verify --all --from /somewhere', /--from goes with --local/],
  ['verify --all --local --wait', /--wait is for what is deployed/],
  ['verify', /Say how much to read/],
])('%s: exit 2', async (line, says) => {
  expect(await world.offsite(line)).toMatchObject({ code: 2, err: expect.stringMatching(says) });
});

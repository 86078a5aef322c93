import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { PersonName } from '../../lib/cdk/people.ts';
import { DeployedWorld } from '../support/deployed-world.ts';
import { People } from '../support/people.ts';
import { resourcesOf, SMALLEST, type Synthesized, synthesize } from './synth.ts';

let made: Synthesized;
let people: People;
let world: DeployedWorld;
beforeAll(async () => {
  made = synthesize(SMALLEST);
  people = new People(made, 'offsite');
  world = await DeployedWorld.start({ rules: { approvalHours: 24 } });
  for (const operation of Object.keys(RIGHTS) as Operation[]) {
    const when = ({ key }: { key: string }) => {
      if (listening) asked.push([RIGHTS[operation] ?? '', key]);
      return false;
    };
    world.s3.faults.add({ operation, kind: 'slowDown', times: Number.POSITIVE_INFINITY, when });
  }
}, 240_000);
afterAll(async () => await world.stop());

/** What AWS asks for each request; those of steps are not a person's. */
const RIGHTS: Partial<Record<Operation, string>> = {
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  GetObjectTagging: 's3:GetObjectVersionTagging',
  ListParts: 's3:ListMultipartUploadParts',
  PutObject: 's3:PutObject',
};
let listening = false;
const asked: [string, string][] = [];

const stackArn = (arn: unknown) =>
  String(arn)
    .replace('arn:aws:', 'arn:<AWS::Partition>:')
    .replace('us-east-1:123456789012', '<AWS::Region>:<AWS::AccountId>');

/** Runs a command, and what of its requests the policy of this person does not allow. */
async function refused(person: PersonName, line: string): Promise<string[]> {
  const bucket = Object.keys(resourcesOf(made, 'AWS::S3::Bucket')).find((id) => id.startsWith('ArchivesBucket'));
  const before = world.sfn.calls.length;
  asked.length = 0;
  listening = true;
  const { code, err } = await world.offsite(line);
  listening = false;
  expect([0, 1], err).toContain(code);
  expect(err).not.toMatch(/UsageError|Refused/);
  const calls = world.sfn.calls.slice(before).map((action, i): [string, string] => {
    const { stateMachineArn, executionArn, resourceArn } = world.sfn.bodies[before + i] ?? {};
    return [`states:${action}`, stackArn(stateMachineArn ?? executionArn ?? resourceArn ?? '*')];
  });
  const objects = asked.map(([action, key]): [string, string] => [action, `<${bucket}.Arn>${key ? `/${key}` : ''}`]);
  expect(calls.length).toBeGreaterThan(0);
  return [...calls, ...objects]
    .filter(([action, resource]) => !people.may([person], action, resource))
    .map(([action, resource]) => `${action} on ${resource}`);
}

test('an operator exports and verifies', async () => {
  // What the steps ask of storage is theirs.
  world.before = () => {
    listening = false;
  };
  expect(await refused('operator', 'export --manager m1 --wait')).toEqual([]);
  expect(await refused('operator', 'verify --all --wait')).toEqual([]);
  expect(await refused('operator', 'verify --all')).toEqual([]);
  await world.sfn.idle();
  expect(await refused('auditor', 'export --manager m1')).toEqual([expect.stringContaining('states:StartExecution')]);
  await world.sfn.idle();
}, 120_000);

test('a restorer starts a restore and follows it; an approver approves it; neither does the work of the other', async () => {
  let calls = 0;
  let decided: string[] = [];
  world.before = async (step) => {
    if (step === 'ApproveRestore') listening = false;
    if (step !== 'CheckApproval' || ++calls !== 3) return;
    const waits = (await world.files('approval-requests'))[0] ?? '';
    const restore = /([^/]+)\.json$/.exec(waits)?.[1];
    decided = await refused('approver', `approve ${restore} --manager m1 --yes`);
    expect(await refused('restorer', `approve ${restore} --manager m1 --yes`)).toEqual([
      expect.stringMatching(/^states:StartExecution on .*-approve$/),
    ]);
  };
  await world.offsite('restore --manager m1 --force --yes --wait');
  expect(calls).toBeGreaterThan(2);
  expect(decided).toEqual([]);
  world.before = () => {
    listening = false;
  };
  expect(await refused('restorer', 'restore --manager m2 --source-manager m1 --wait')).toEqual([]);
  expect(await refused('restorer', 'follow --manager m2')).toEqual([]);
  expect(await refused('approver', 'restore --manager m2 --source-manager m1 --dry-run')).toEqual([
    expect.stringMatching(/^states:StartExecution on .*-restore$/),
  ]);
  await world.sfn.idle();
}, 240_000);

test.each<PersonName>(['auditor', 'operator', 'restorer'])(
  '%s: list, show, status, follow',
  async (person) => {
    world.before = undefined;
    expect(await refused(person, 'list --manager m1')).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
    if (person !== 'restorer') expect(await refused(person, 'show m1/latest')).toEqual([]);
    expect(await refused(person, 'status')).toEqual([]);
    expect(await refused(person, 'follow --manager m1')).toEqual([]);
  },
  120_000,
);

test.each(['auditor', 'approver'] as const)(
  '%s writes nothing: keep needs an operator',
  async (person) => {
    const snapshot = /([^/]+)\.json$/.exec((await world.files('manifests'))[0] ?? '')?.[1];
    const keep = `keep ${snapshot} --manager m1 --until 2099-01-01`;
    // What the function that records it asks of storage is its own.
    world.before = () => {
      listening = false;
    };
    expect((await refused(person, keep)).join()).toMatch(/states:StartExecution on \S+-decide/);
    expect(await refused('operator', keep)).toEqual([]);
  },
  120_000,
);

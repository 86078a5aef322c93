import { beforeAll, describe, expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import { groupMachines } from '../../lib/cdk/machines.ts';
import { type PersonName, personNames } from '../../lib/cdk/people.ts';
import { People } from '../support/people.ts';
import { EVERYTHING, plain, resourcesOf, type Synthesized, statementsOf, synthesize } from './synth.ts';

let made: Synthesized;
let people: People;
beforeAll(() => {
  made = synthesize(EVERYTHING);
  people = new People(made, 'lab-7');
}, 120_000);

const may: People['may'] = (...about) => people.may(...about);

const ACCOUNT = '<AWS::Region>:<AWS::AccountId>';
const machine = (name: string) => `arn:<AWS::Partition>:states:${ACCOUNT}:stateMachine:lab-7-${name}`;
const groupMachine = (name: string) => machine(name).replace('lab-7', 'lab-7_east');
const execution = (name: string) => `arn:<AWS::Partition>:states:${ACCOUNT}:execution:lab-7-${name}:prod-1`;
const fn = (name: string) => `arn:<AWS::Partition>:lambda:${ACCOUNT}:function:lab-7-${name}`;
const object = (key: string) => {
  const bucket = Object.keys(resourcesOf(made, 'AWS::S3::Bucket')).find((id) => id.startsWith('ArchivesBucket'));
  return `<${bucket}.Arn>/${key}`;
};

test('there is one policy for each kind of work, attached to no one', () => {
  expect([...people.policies.keys()].sort()).toEqual([...personNames].sort());
  for (const { Properties } of Object.values(resourcesOf(made, 'AWS::IAM::ManagedPolicy')))
    for (const attached of ['Roles', 'Users', 'Groups']) expect(Properties[attached]).toBeUndefined();
});

test('a policy has at most 6,144 characters, with names as long as they can be', () => {
  for (const [person, statements] of people.policies) {
    const text = JSON.stringify(statements)
      .replaceAll('lab-7', 'n'.repeat(20))
      .replaceAll('<AWS::Partition>', 'aws-us-gov')
      .replaceAll('<AWS::Region>', 'ap-southeast-1')
      .replaceAll('<AWS::AccountId>', '111122223333')
      .replaceAll(/<\w+\.Arn>/g, `arn:aws:s3:::${'b'.repeat(63)}`);
    // Room for two folders and a machine more.
    expect(text.length, person).toBeLessThan(6144 - 500);
  }
});

describe('who starts what', () => {
  const STARTS: Readonly<Record<PersonName, readonly string[]>> = {
    auditor: [],
    operator: ['export', 'verify', 'reconcile', 'decide', 'report', 'diagnose'],
    restorer: ['restore'],
    approver: ['approve'],
  };
  test.each(personNames)('%s', (person) => {
    const all = machineNames;
    expect(all.filter((name) => may([person], 'states:StartExecution', machine(name)))).toEqual(STARTS[person]);
    for (const name of all) {
      expect(may([person], 'states:DescribeExecution', execution(name))).toBe(true);
      expect(may([person], 'states:RedriveExecution', execution(name)), 'a redrive').toBe(false);
    }
  });

  test.each(personNames)(
    '%s sees the machines of every group, and none of an installation with a longer name',
    (person) => {
      for (const name of groupMachines)
        expect(may([person], 'states:ListExecutions', groupMachine(name)), name).toBe(true);
      for (const other of ['lab-7-', 'lab-7-2', 'lab-7-lab', 'lab-71', 'lab-'])
        for (const name of machineNames) {
          const [named, run] = [machine(name), execution(name)].map((arn) => arn.replace('lab-7', other));
          for (const arn of [named, run])
            for (const action of ['states:ListExecutions', 'states:DescribeExecution', 'states:StartExecution'])
              expect(may([person], action, arn ?? ''), arn).toBe(false);
        }
    },
  );

  test('a person with the policies of both sides can neither start a restore nor approve one', () => {
    const both = ['restorer', 'approver'] as const;
    expect(may(both, 'states:StartExecution', machine('restore'))).toBe(false);
    expect(may(both, 'states:StartExecution', machine('approve'))).toBe(false);
    expect(may(['operator', 'restorer'], 'states:StartExecution', machine('restore'))).toBe(true);
    expect(may(['operator', 'approver'], 'states:StartExecution', machine('approve'))).toBe(true);
  });
});

test('no person calls a function, reads an archive or a secret, removes anything, or writes a decision', () => {
  for (const person of personNames) {
    const never: readonly [string, string][] = [
      ...['approve-restore', 'start-restore', 'reconcile'].map((name): [string, string] => [
        'lambda:InvokeFunction',
        fn(name),
      ]),
      ['s3:GetObject', object('archives/prod/2026/11/a.zip')],
      ['s3:GetObjectVersion', object('archives/prod/2026/11/a.zip')],
      ['secretsmanager:GetSecretValue', `arn:<AWS::Partition>:secretsmanager:${ACCOUNT}:secret:lab-7/managers/prod`],
      ['s3:PutObject', object('approvals/prod/r.json')],
      ['s3:PutObject', object('approval-requests/prod/r.json')],
      ['s3:PutObject', object('manifests/prod/r.json')],
      ['s3:PutObject', object('keeps/prod/2026/11/a.json')],
      ['s3:PutObject', object('accepts/prod/2026/11/a.json')],
      ['s3:DeleteObjectVersion', object('archives/prod/2026/11/a.zip')],
      ['s3:DeleteObject', object('manifests/prod/2026/11/a.json')],
    ];
    for (const [action, resource] of never) expect(may([person], action, resource), `${person} ${action}`).toBe(false);
  }
});

test('each reads the records that its commands need', () => {
  const read = (person: PersonName, key: string) => may([person], 's3:GetObject', object(key));
  for (const folder of ['manifests', 'marks', 'keeps', 'accepts', 'runs', 'claims', 'restores', 'approvals'])
    for (const person of ['auditor', 'operator', 'restorer'] as const)
      expect(read(person, `${folder}/prod/x`)).toBe(true);
  expect(read('approver', 'approval-requests/prod/r.json')).toBe(true);
});

test('only the function that approvers start writes decisions, administrators included', () => {
  const [bucketPolicy] = Object.values(resourcesOf(made, 'AWS::S3::BucketPolicy')).filter(({ Properties }) =>
    plain(Properties['Bucket']).startsWith('<ArchivesBucket'),
  );
  const denied = statementsOf(bucketPolicy?.Properties['PolicyDocument']).find(({ Resource }) =>
    Resource.some((one) => one.endsWith('/approvals/*')),
  );
  const roles = Object.keys(resourcesOf(made, 'AWS::IAM::Role'));
  const writer = roles.find((id) => id.startsWith('FunctionsApproveRestoreRole'));
  expect(denied).toEqual({
    Sid: 'DenyForgedApprovals',
    Effect: 'Deny',
    Action: ['s3:PutObject'],
    Resource: [object('approvals/*')],
    Condition: {
      ArnNotLike: {
        'aws:PrincipalArn': [
          `<${writer}.Arn>`,
          `arn:<AWS::Partition>:sts::<AWS::AccountId>:assumed-role/<${writer}>/*`,
        ],
      },
    },
  });
  const writers = Object.entries(resourcesOf(made, 'AWS::IAM::Role')).filter(([, { Properties }]) =>
    ((Properties['Policies'] ?? []) as { PolicyDocument: unknown }[])
      .flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument))
      .some(({ Action, Resource }) => Action.includes('s3:PutObject') && Resource.includes(object('approvals/*'))),
  );
  expect(writers.map(([id]) => id)).toEqual([writer]);
});

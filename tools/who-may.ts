import { groupedName } from '../lib/base/group-names.ts';
import { machineNames } from '../lib/base/machine-names.ts';
import { stepNames } from '../lib/base/step-names.ts';
import { FOLDERS, prefixOf } from '../lib/storage/layout.ts';
import { functionName } from '../lib/workflow/steps.ts';
import { may, type Principal, type Rights } from './synthesized-rights.ts';

/** The stack whose policies are read: two groups, a source, a restore with the credentials of a third, a replication. */
export const REVIEWED = {
  version: 2,
  managers: [
    { id: 'prod', group: 'east', restoreFrom: ['lab'], restoredCredentials: 'drills' },
    { id: 'lab', group: 'west' },
  ],
  storage: {
    objectLock: { days: 14 },
    replication: {
      bucket: 'copies',
      region: 'eu-west-1',
      account: '444455556666',
      kmsKeyArn: 'arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
  },
};
export const INSTALLATION = 'offsite';

const HERE = '<AWS::Region>:<AWS::AccountId>';
export const secretOf = (name: string) => `arn:<AWS::Partition>:secretsmanager:${HERE}:secret:${name}-AbCdEf`;
export const machineOf = (name: string) => `arn:<AWS::Partition>:states:${HERE}:stateMachine:${name}`;
export const objectOf = ({ bucket }: Rights, key: string) => `<${bucket}.Arn>/${key}`;

interface Question {
  readonly what: string;
  readonly actions: readonly string[];
  readonly on: (rights: Rights) => readonly string[];
}

const inFolders = (folders: readonly (typeof FOLDERS)[number][]) => (rights: Rights) =>
  folders.map((folder) => objectOf(rights, `${prefixOf(folder)}prod/2026/11/x`));
const theBucket = ({ bucket }: Rights) => [`<${bucket}.Arn>`];
const theKey = (prefix: string) => (rights: Rights) =>
  Object.keys(rights.ofResources)
    .filter((id) => id.startsWith(prefix))
    .map((id) => `<${id}.Arn>`);

/** What a security review asks first: of each right that does harm, who has it. */
export const QUESTIONS: readonly Question[] = [
  {
    what: 'read the credentials of the managers of its group',
    actions: ['secretsmanager:GetSecretValue'],
    on: () => [secretOf(`${INSTALLATION}/managers/prod`)],
  },
  {
    what: 'read the credentials of configured sources',
    actions: ['secretsmanager:GetSecretValue'],
    on: () => [secretOf(`${INSTALLATION}/managers/drills`)],
  },
  ...FOLDERS.map((folder) => ({
    what: `write \`${prefixOf(folder)}\``,
    actions: ['s3:PutObject'],
    on: inFolders([folder]),
  })),
  {
    what: 'read an archive',
    actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectVersionForReplication'],
    on: inFolders(['archives']),
  },
  { what: 'delete a version of an object', actions: ['s3:DeleteObjectVersion'], on: inFolders(FOLDERS) },
  { what: 'hide an object behind a delete marker', actions: ['s3:DeleteObject'], on: inFolders(FOLDERS) },
  {
    what: 'change when objects expire, or a legal hold',
    actions: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging', 's3:PutObjectLegalHold'],
    on: inFolders(FOLDERS),
  },
  { what: 'set or extend a lock', actions: ['s3:PutObjectRetention'], on: inFolders(FOLDERS) },
  {
    what: 'shorten a lock, change the bucket, its policy or its lifecycle',
    actions: [
      's3:BypassGovernanceRetention',
      's3:DeleteBucket',
      's3:DeleteBucketPolicy',
      's3:PutBucketPolicy',
      's3:PutBucketVersioning',
      's3:PutBucketObjectLockConfiguration',
      's3:PutBucketPublicAccessBlock',
      's3:PutLifecycleConfiguration',
      's3:PutReplicationConfiguration',
    ],
    on: (rights) => [...theBucket(rights), ...inFolders(FOLDERS)(rights)],
  },
  { what: 'sign a record', actions: ['kms:Sign'], on: theKey('SigningKey') },
  {
    what: 'disable or delete a key, or change its policy',
    actions: ['kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy', 'kms:CreateGrant'],
    on: (rights) => [...theKey('SigningKey')(rights), ...theKey('Key')(rights)],
  },
  {
    what: 'change code, a state machine, a role or a secret',
    actions: [
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
      'states:UpdateStateMachine',
      'iam:PutRolePolicy',
      'iam:PassRole',
      'secretsmanager:PutSecretValue',
    ],
    on: () => [
      `arn:<AWS::Partition>:lambda:${HERE}:function:${functionName(INSTALLATION, 'StartRestore')}`,
      machineOf(`${INSTALLATION}-restore`),
      `arn:<AWS::Partition>:iam::<AWS::AccountId>:role/x`,
      secretOf(`${INSTALLATION}/managers/prod`),
    ],
  },
  { what: 'publish to the topic', actions: ['sns:Publish'], on: ({ topic }) => [topic] },
  ...machineNames.map((name) => ({
    what: `start \`<name>-${name}\``,
    actions: ['states:StartExecution', 'states:StartSyncExecution'],
    on: () => ['', '_east'].map((group) => machineOf(`${INSTALLATION}${group}-${name}`)),
  })),
  {
    what: 'redrive an execution',
    actions: ['states:RedriveExecution'],
    on: () =>
      machineNames.map((name) => `arn:<AWS::Partition>:states:${HERE}:execution:${INSTALLATION}-${name}:prod-1`),
  },
];

/** The names of those who may, each once: a step stands for its functions in all groups. */
export function whoHas({ actions, on }: Question, rights: Rights) {
  const resources = on(rights);
  const have = rights.principals.filter((one) =>
    resources.some((resource) => actions.some((action) => may(rights, one, action, resource))),
  );
  const functions = have.filter(({ kind }) => kind === 'function').map(({ name }) => stepOf(name));
  return {
    functions: stepNames.filter((step) => functions.includes(step)),
    people: have.filter(({ kind }) => kind === 'policy').map(({ name }) => name),
    others: [...new Set(have.filter(({ kind }) => kind === 'machine' || kind === 'other').map(wordFor))].sort(),
  };
}

export function stepOf(name: string): string {
  const owners = [INSTALLATION, ...['east', 'west'].map((group) => groupedName(INSTALLATION, group))];
  return stepNames.find((step) => owners.some((owner) => functionName(owner, step) === name)) ?? name;
}

/** Logical ids end in eight digits, and begin with where the construct is. */
function wordFor({ kind, name }: Principal): string {
  if (kind === 'machine') return `the state machine ${name}`;
  if (/replicat/i.test(name)) return 'the role of the replication';
  if (/schedul/i.test(name)) return 'the schedules';
  return name;
}

const listOf = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'none');

/** The rights the other way round: one row for each, with those who have it. */
export function whoMay(rights: Rights): string {
  const rows = QUESTIONS.map((question) => {
    const { functions, people, others } = whoHas(question, rights);
    return `| ${question.what} | ${listOf(functions)} | ${listOf(people)} | ${listOf(others)} |`;
  });
  const head = ['| To | Functions | Managed policies | Other roles |', '| --- | --- | --- | --- |'];
  return [WHO_MAY, '', NOTE, '', ...head, ...rows, '', DEPLOYS, ''].join('\n');
}

export const WHO_MAY = '## Each right and its owners';

const NOTE = `This table is made from the policies of a synthesized stack: IAM statements of all roles and managed policies, the policy of the bucket
and those of the keys. Conditions of an Allow are taken as met. \`write ${prefixOf('archives')}\` includes writing over an archive: the version
below it stays for days, or for the time of its lock, and the daily reconciliation reports it (\`HiddenArchive\`).

No function that reads credentials can delete a version, change when it expires, or sign. An attacker who takes over such a function
through a manager gets the credentials of its group.`;

const DEPLOYS = `**The role that deploys is not in the table.** CloudFormation creates all of this, so the role that it uses can change all of
this, and so can an administrator of the account. Give that role to a pipeline and to no person. The policy of the bucket refuses
approvals, protections, acceptances and public keys from every other role, also from these two; but they can change the policy. An alarm
reports such a change ([what to do](../runbook/the-protection-was-changed.md)).`;

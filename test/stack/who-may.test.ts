import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { groupedName } from '../../lib/base/group-names.ts';
import { machineNames } from '../../lib/base/machine-names.ts';
import { FOLDERS, prefixOf } from '../../lib/storage/layout.ts';
import { steps } from '../../lib/workflow/steps.ts';
import { may, type Principal, type Rights, synthesizedRights } from '../../tools/synthesized-rights.ts';
import {
  INSTALLATION,
  machineOf,
  objectOf,
  QUESTIONS,
  REVIEWED,
  secretOf,
  stepOf,
  WHO_MAY,
  whoHas,
  whoMay,
} from '../../tools/who-may.ts';

/** All principals of a synthesized stack against all that could do harm. One synth, some 100,000 questions. */
let rights: Rights;
beforeAll(() => {
  rights = synthesizedRights(REVIEWED);
}, 120_000);

const named = (kind: Principal['kind']) => rights.principals.filter((one) => one.kind === kind);
const can = (one: Principal, action: string, ...resources: string[]) =>
  resources.some((resource) => may(rights, one, action, resource));
const objects = (...folders: (typeof FOLDERS)[number][]) =>
  folders.flatMap((folder) => ['prod', 'lab'].map((id) => objectOf(rights, `${prefixOf(folder)}${id}/2026/11/x`)));
const question = (what: string) => whoHas(QUESTIONS.find((one) => one.what === what) ?? expect.fail(what), rights);
const groupOf = ({ name }: Principal) => name.split('-')[0];

/** Whoever administers the account: all rights, but none of our roles. */
const ADMINISTRATOR: Principal = {
  kind: 'policy',
  name: 'administrator',
  statements: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
};

test('the table in docs/reference/permissions.md is what these policies say', () => {
  const page = readFileSync(new URL('../../docs/reference/permissions.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf(WHO_MAY), page.indexOf('## What each step may do') - 1);
  expect(table).toBe(whoMay(rights));
});

test('every principal is known: functions, state machines, the four policies, the schedules and the replication', () => {
  expect(
    named('policy')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['approver', 'auditor', 'operator', 'restorer']);
  expect(
    named('other')
      .map(({ name }) => name.replace(/Role.*/, ''))
      .sort(),
  ).toEqual(['ArchivesBucketReplication', 'Schedules']);
  expect(named('function').length).toBeGreaterThan(60);
  for (const { name } of named('function')) expect(Object.keys(steps)).toContain(stepOf(name));
});

test('a secret is read by the functions of its group, by those of a group that restores from it, and by nobody else', () => {
  const readers: Readonly<Record<string, readonly string[]>> = {
    prod: [groupedName(INSTALLATION, 'east')],
    lab: [groupedName(INSTALLATION, 'west'), groupedName(INSTALLATION, 'east')],
    drills: [groupedName(INSTALLATION, 'east')],
    stranger: [],
  };
  for (const [id, groups] of Object.entries(readers)) {
    const secret = secretOf(`${INSTALLATION}/managers/${id}`);
    const found = rights.principals.filter((one) => can(one, 'secretsmanager:GetSecretValue', secret));
    expect(
      found.every(({ kind }) => kind === 'function'),
      id,
    ).toBe(true);
    expect([...new Set(found.map(groupOf))].sort(), id).toEqual([...groups].sort());
    const foreign = found.filter((one) => id !== 'prod' && groupOf(one) === groupedName(INSTALLATION, 'east'));
    for (const { name } of foreign)
      expect(steps[stepOf(name) as keyof typeof steps].touches).toContain('secret:read-sources');
  }
});

describe('whoever reads a secret', () => {
  const HARM: readonly [string, () => readonly string[]][] = [
    ['s3:DeleteObjectVersion', () => objects(...FOLDERS)],
    ['s3:DeleteObject', () => objects(...FOLDERS)],
    ['s3:PutObjectTagging', () => objects(...FOLDERS)],
    ['s3:PutObjectVersionTagging', () => objects(...FOLDERS)],
    ['s3:PutObjectRetention', () => objects(...FOLDERS)],
    ['s3:PutObjectLegalHold', () => objects(...FOLDERS)],
    [
      's3:PutObject',
      () => objects('manifests', 'marks', 'keeps', 'accepts', 'restores', 'approvals', 'approval-requests'),
    ],
    ['s3:PutObject', () => objects('keys', 'runs', 'inspections')],
    ['kms:Sign', () => ['SigningKey'].flatMap(keysNamed)],
    ['sns:Publish', () => [rights.topic]],
    ['states:StartExecution', () => machineNames.map((name) => machineOf(`${INSTALLATION}-${name}`))],
    ['lambda:InvokeFunction', () => ['*']],
  ];
  test.each(HARM)('cannot %s', (action, on) => {
    const all = ['prod', 'lab', 'drills'].map((id) => secretOf(`${INSTALLATION}/managers/${id}`));
    const readers = rights.principals.filter((one) => can(one, 'secretsmanager:GetSecretValue', ...all));
    expect(readers.length).toBeGreaterThan(30);
    expect(on().length).toBeGreaterThan(0);
    expect(readers.filter((one) => can(one, action, ...on())).map(({ name }) => name)).toEqual([]);
  });
});

const keysNamed = (prefix: string) =>
  Object.keys(rights.ofResources)
    .filter((id) => id.startsWith(prefix))
    .map((id) => `<${id}.Arn>`);

test('a person reads no archive and no secret, writes nothing, removes nothing, calls no function', () => {
  const actions = [
    's3:PutObject',
    's3:DeleteObject',
    's3:DeleteObjectVersion',
    's3:PutObjectTagging',
    's3:PutObjectRetention',
  ];
  for (const person of named('policy')) {
    expect(
      actions.filter((action) => can(person, action, ...objects(...FOLDERS))),
      person.name,
    ).toEqual([]);
    expect(can(person, 's3:GetObjectVersion', ...objects('archives')), person.name).toBe(false);
    expect(can(person, 'kms:Sign', ...keysNamed('SigningKey')), person.name).toBe(false);
    expect(can(person, 'lambda:InvokeFunction', '<FunctionsStartRestore.Arn>'), person.name).toBe(false);
  }
});

test('approvals and decisions are started by people alone: by no schedule, no function, no state machine', () => {
  for (const name of ['approve', 'decide']) {
    const { functions, people, others } = question(`start \`<name>-${name}\``);
    expect([functions, people, others], name).toEqual([[], [name === 'approve' ? 'approver' : 'operator'], []]);
  }
  expect(question('start `<name>-restore`')).toEqual({
    functions: [],
    people: ['restorer'],
    others: ['the schedules'],
  });
  expect(question('redrive an execution')).toEqual({ functions: [], people: [], others: [] });
});

test('a state machine does nothing but call the functions of its own group, and those of all', () => {
  for (const machine of named('machine')) {
    const actions = new Set(machine.statements.flatMap(({ Action }) => Action));
    expect(
      [...actions].filter((one) => !/^(lambda:InvokeFunction|logs:|xray:)/.test(one)),
      machine.name,
    ).toEqual([]);
  }
});

const WRITTEN_BY_ONE = ['keeps', 'accepts', 'approvals', 'keys', 'indexes', 'reports'];

test('decisions, approvals, public keys, the index and reports are refused from everybody but their writers, administrators included', () => {
  const written = FOLDERS.filter((folder) => may(rights, ADMINISTRATOR, 's3:PutObject', objects(folder)[0] ?? ''));
  expect(FOLDERS.filter((folder) => !written.includes(folder))).toEqual(WRITTEN_BY_ONE);
});

test('nobody of ours changes the protection, a key, code, a role or a secret', () => {
  const none = { functions: [], people: [], others: [] };
  expect(question('shorten a lock, change the bucket, its policy or its lifecycle')).toEqual(none);
  expect(question('disable or delete a key, or change its policy')).toEqual(none);
  expect(question('change code, a state machine, a role or a secret')).toEqual(none);
});

test('policies of resources let nobody in but the account itself, and services for this account', () => {
  const allowed = Object.entries(rights.ofResources).flatMap(([id, statements]) =>
    statements.filter(({ Effect }) => Effect === 'Allow').map((one) => ({ id, ...one })),
  );
  expect(allowed.length).toBeGreaterThan(3);
  for (const { id, Principal: who, Condition, Action } of allowed) {
    const { AWS: account, Service } = who as { AWS?: unknown; Service?: string };
    if (account !== undefined) expect(account, id).toBe('arn:<AWS::Partition>:iam::<AWS::AccountId>:root');
    else if (Service === 'events.amazonaws.com' && Action.join() === 'sns:Publish')
      continue; // AWS gives it no condition.
    else expect(JSON.stringify(Condition ?? {}), `${id} ${Service}`).toContain('<AWS::AccountId>');
  }
});

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { managersInTags, managerTags } from '../../lib/base/group-names.ts';
import { measure, tooLarge } from '../../lib/cdk/measure.ts';
import { SMALLEST, statementsOf, synthesize } from './synth.ts';
import { rolesIn, secretsReadBy, type Templates, templatesOf } from './templates.ts';

/** Two groups and a manager of none, with pairs across and inside, imported secrets, and one more secret. */
const GROUPED = {
  version: 2,
  managers: [
    { id: 'alone' },
    { id: 'east-1', group: 'east', secret: { id: 'cloudify/east-1' } },
    { id: 'east-2', group: 'east', restoreFrom: ['east-1', 'west-1'] },
    { id: 'west-1', group: 'west' },
    { id: 'west-2', group: 'west', drillTarget: true, schedule: null, restoredCredentials: 'restore-tests' },
  ],
};
/** Whose secrets the functions of a group may read in all steps, and in those of a restore. */
const OWN: Readonly<Record<string, string[]>> = {
  offsite: ['offsite/managers/alone'],
  offsite_east: ['cloudify/east-1', 'offsite/managers/east-2'],
  offsite_west: ['offsite/managers/west-1', 'offsite/managers/west-2'],
};
const SOURCES: Readonly<Record<string, string[]>> = {
  offsite: [],
  offsite_east: ['offsite/managers/west-1'],
  offsite_west: ['offsite/managers/restore-tests'],
};
const RESTORING = /-(start-restore|check-restore|verify-restore|tidy-target)$/;

let grouped: Templates;
let smallest: Templates;
beforeAll(() => {
  grouped = templatesOf(synthesize(GROUPED));
  smallest = templatesOf(synthesize(SMALLEST));
}, 120_000);

const named = (templates: Templates, type: string, property: string) =>
  templates.resources.filter(({ Type }) => Type === type).map(({ Properties }) => String(Properties[property]));

describe('with groups of managers', () => {
  test('a function reads the secrets of its own group, and of the sources that the configuration names, alone', () => {
    const reading = rolesIn(grouped).filter((role) => secretsReadBy(role).length > 0);
    expect(reading.map(({ of }) => of).filter((of) => of.startsWith('offsite_east')).length).toBeGreaterThan(14);
    for (const role of reading) {
      const owner = role.of.split('-')[0] ?? '';
      const may = [...(OWN[owner] ?? []), ...(RESTORING.test(role.of) ? (SOURCES[owner] ?? []) : [])];
      expect(secretsReadBy(role).sort(), role.of).toEqual(may.sort());
    }
  });

  test('a state machine calls no function of another group, and none that reads another’s secrets', () => {
    const machines = rolesIn(grouped).filter(({ kind }) => kind === 'machine');
    expect(machines.map(({ of }) => of).sort()).toEqual(
      [
        ...['approve', 'decide', 'diagnose', 'digest', 'export', 'reconcile', 'report', 'restore', 'verify'].map(
          (name) => `offsite-${name}`,
        ),
        ...['east', 'west'].flatMap((group) =>
          ['diagnose', 'export', 'reconcile', 'restore'].map((name) => `offsite_${group}-${name}`),
        ),
      ].sort(),
    );
    for (const { of, invokes } of machines) {
      const owner = of.split('-')[0];
      expect(invokes.length, of).toBeGreaterThan(0);
      for (const called of invokes) expect(['offsite', owner], `${of} calls ${called}`).toContain(called.split('-')[0]);
      const reading = invokes.filter(
        (called) => secretsReadBy(rolesIn(grouped).find((one) => one.of === called)).length,
      );
      for (const called of reading) expect(called.split('-')[0], of).toBe(owner);
    }
  });

  test('what people may start or may never start is so in every group', () => {
    const policies = grouped.resources.filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
    expect(policies.length).toBeGreaterThan(3);
    const about = policies.flatMap(({ Properties }) =>
      statementsOf(Properties['PolicyDocument']).map(({ Resource }) =>
        Resource.flatMap((arn) => /:((?:stateMachine|execution|function):.+)$/.exec(arn)?.[1] ?? []),
      ),
    );
    expect(about.flat().length).toBeGreaterThan(20);
    // The others are of all groups, which have none of their own.
    for (const resources of about)
      for (const one of resources.filter((text) => text.includes(':offsite-')))
        if (!/-(approve|decide|digest|report|verify|[?]+)(:|$)/.test(one) || one.startsWith('function:'))
          expect(resources, one).toContain(one.replace(':offsite-', ':offsite_*-'));
  });

  test('schedules start the machine of the group of the manager that is asked', () => {
    const targets = grouped.resources
      .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
      .map(({ Properties }) => {
        const { Arn } = Properties['Target'] as { Arn: string };
        return [Properties['Name'], Arn.split(':').at(-1)];
      });
    expect(Object.fromEntries(targets)).toMatchObject({
      'alone-export': 'offsite-export',
      'east-2-export': 'offsite_east-export',
      'west-1-reconcile': 'offsite_west-reconcile',
    });
  });

  test('a command line finds the managers of a machine in its tags, however many and long their names', () => {
    const machine = grouped.resources.find(
      ({ Properties }) => Properties?.['StateMachineName'] === 'offsite_east-export',
    );
    const tags = Object.fromEntries(
      ((machine?.Properties['Tags'] ?? []) as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]),
    );
    expect(managersInTags(tags)).toEqual(['east-1', 'east-2']);
    const many = Array.from({ length: 95 }, (_, i) => `m${i}`.padEnd(54, 'x'));
    expect(managersInTags(managerTags(many))).toEqual(many);
    // aws: 50 tags, of 256 characters.
    expect(Object.keys(managerTags(many)).length).toBeLessThan(45);
    for (const value of Object.values(managerTags(many))) expect(value.length).toBeLessThanOrEqual(256);
  });
});

describe('an installation that gets groups', () => {
  /** Whose loss is a loss of data, of history, or of what people know it by. */
  const KEPT = ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::StepFunctions::StateMachine'];

  test.each(KEPT)('keeps every %s under its logical id and name', (type) => {
    const of = ({ resources }: Templates) =>
      resources
        .filter(({ Type, template }) => Type === type && template === 'root')
        .map(({ id, Properties = {} }) => [id, Properties['StateMachineName'], Properties['LogGroupName']]);
    expect(of(grouped)).toEqual(of(smallest));
  });

  const one = (manager: object) => templatesOf(synthesize({ version: 2, managers: [{ id: 'stays' }, manager] }));
  const before = { id: 'prod', drill: { onto: 'stays' } };

  test('a manager that moves has its new schedules and alarm before the old ones go: no name is in both', () => {
    const moved = one({ ...before, group: 'east', secret: { id: 'offsite/managers/prod' } });
    const old = one(before);
    const schedules = (made: Templates) =>
      made.resources
        .filter(
          ({ Type, Properties }) =>
            Type === 'AWS::Scheduler::Schedule' && String(Properties['Name']).startsWith('prod-'),
        )
        .map(({ Properties }) => `${Properties['GroupName']}/${Properties['Name']}`);
    const alarms = (made: Templates) =>
      named(made, 'AWS::CloudWatch::Alarm', 'AlarmName').filter((name) => name.includes('prod'));
    expect(schedules(moved)).toHaveLength(schedules(old).length);
    expect(alarms(moved)).toHaveLength(1);
    for (const name of [...schedules(moved), ...alarms(moved)])
      expect([...schedules(old), ...alarms(old)]).not.toContain(name);
    // Its secret, which no deployment may make anew, is named by then, and the one of before is left.
    expect(named(moved, 'AWS::SecretsManager::Secret', 'Name')).toEqual(['offsite/managers/stays']);
    const [kept] = old.resources.filter(({ Properties }) => Properties?.['Name'] === 'offsite/managers/prod');
    expect(kept?.DeletionPolicy).toBe('RetainExceptOnCreate');
    const finding = rolesIn(moved).find(({ of }) => of === 'offsite_east-find-manager');
    expect(secretsReadBy(finding)).toEqual(['offsite/managers/prod']);
  });
});

test('a manager that is renamed as docs/how-to/add-a-manager.md says: its secret is read under the new name, none is made', () => {
  const made = (...managers: object[]) =>
    templatesOf(synthesize({ version: 2, managers: [{ id: 'stays' }, ...managers] }));
  const old = made({ id: 'prod' });
  const renamed = made({ id: 'prod-eu', secret: { id: 'offsite/managers/prod' }, restoreFrom: ['prod'] });
  const secret = old.resources.find(({ Properties }) => Properties?.['Name'] === 'offsite/managers/prod');
  expect(secret?.DeletionPolicy).toBe('RetainExceptOnCreate');
  expect(named(renamed, 'AWS::SecretsManager::Secret', 'Name')).toEqual(['offsite/managers/stays']);
  const names = (of: Templates) => [
    ...named(of, 'AWS::Scheduler::Schedule', 'Name'),
    ...named(of, 'AWS::CloudWatch::Alarm', 'AlarmName'),
  ];
  const ofProd = names(old).filter((name) => /\bprod\b/.test(name));
  expect(ofProd.length).toBeGreaterThan(2);
  expect(names(renamed)).toEqual(expect.arrayContaining(ofProd.map((name) => name.replace('prod', 'prod-eu'))));
});

describe('what CloudFormation and IAM have room for is measured', () => {
  const managers = (count: number, groups: number, length = 20) =>
    Array.from({ length: count }, (_, i) => ({ id: `m${i}`.padEnd(length, 'x'), group: `g${i % groups}` }));
  const found = (all: object[]) => tooLarge(measure(synthesize({ version: 2, managers: all }).app.synth().directory));

  test('300 managers in five groups', () => {
    expect(found(managers(300, 5))).toEqual([]);
  }, 120_000);

  test.each([
    [80, 20],
    [60, 54],
  ])('%d managers with names of %d characters are too many for one group, which is named', (count, length) => {
    expect(found(managers(count, 1, length))).toMatchObject([
      {
        name: 'PolicyTooLarge',
        message: expect.stringMatching(
          /(FindTarget|StartRestore).* have up to 1\d{4} characters; IAM takes 10240.*divide it/,
        ),
      },
    ]);
  });

  test('too many resources and a template that is too long are refused by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'measure-'));
    const Resources = Object.fromEntries(
      Array.from({ length: 501 }, (_, i) => [`R${i}`, { Type: 'x', Properties: { a: 'y'.repeat(2000) } }]),
    );
    writeFileSync(join(folder, 'a.template.json'), JSON.stringify({ Resources }));
    expect(tooLarge(measure(folder)).map(({ name, message }) => [name, /\d{3,}/.exec(message)?.[0]])).toEqual([
      ['TooManyResources', '501'],
      ['TemplateTooLarge', String(readFileSync(join(folder, 'a.template.json')).length)],
    ]);
  });
});

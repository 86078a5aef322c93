import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { ExportInput } from '../../lib/export/contract.ts';
import { RestoreInput } from '../../lib/restore/input.ts';
import { VerifyInput } from '../../lib/verification/input.ts';
import { contracts } from '../../lib/workflow/contracts.ts';
import { loadMachine } from '../../lib/workflow/definition.ts';
import { fileOf, functionName, steps } from '../../lib/workflow/steps.ts';
import { EVERYTHING, plain, resourcesOf, SMALLEST, type Synthesized, synthesize } from './synth.ts';

let everything: Synthesized;
let smallest: Synthesized;
beforeAll(() => {
  everything = synthesize(EVERYTHING);
  smallest = synthesize(SMALLEST);
});

const propertiesOf = (made: Synthesized, type: string) =>
  Object.values(resourcesOf(made, type)).map(({ Properties }) => Properties);
const functionOf = (made: Synthesized, name: string) =>
  propertiesOf(made, 'AWS::Lambda::Function').find(({ FunctionName }) => FunctionName === name) ?? {};

describe.each(stepNames)('the function of %s', (step) => {
  test('has time and memory of the table, Node 24 on arm64, its file as handler, and a trace', () => {
    expect(functionOf(smallest, functionName('offsite', step))).toMatchObject({
      Timeout: steps[step].timeoutSeconds,
      MemorySize: steps[step].memoryMB,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: `${fileOf(step)}.handler`,
      TracingConfig: { Mode: 'Active' },
    });
  });

  test('is in the network if it talks to managers, and only then', () => {
    const { VpcConfig } = functionOf(everything, functionName('lab-7', step)) as { VpcConfig?: object };
    const { subnetIds: SubnetIds, securityGroupIds: SecurityGroupIds } = EVERYTHING.network;
    expect(VpcConfig).toEqual(
      steps[step].touches.includes('manager:http') ? { SubnetIds, SecurityGroupIds } : undefined,
    );
  });
});

test('concurrency is reserved where it is configured', () => {
  expect(functionOf(everything, 'lab-7-copy-span')['ReservedConcurrentExecutions']).toBe(8);
  expect(functionOf(smallest, 'offsite-copy-span')['ReservedConcurrentExecutions']).toBeUndefined();
});

test('every log ends', () => {
  const groups = propertiesOf(smallest, 'AWS::Logs::LogGroup');
  expect(groups).toHaveLength(2);
  for (const { RetentionInDays } of groups) expect(RetentionInDays).toBe(90);
});

describe('state machines', () => {
  test('are those of statemachines/ as they run in tests, with a function for every step', async () => {
    const files = (await readdir(new URL('../../statemachines/', import.meta.url))).filter(
      (file) => file !== 'README.md',
    );
    const machines = propertiesOf(smallest, 'AWS::StepFunctions::StateMachine');
    expect(machines.map(({ StateMachineName }) => `${StateMachineName}.asl.json`).sort()).toEqual(
      files.map((file) => `offsite-${file}`).sort(),
    );
    for (const name of machineNames) {
      const machine = machines.find(({ StateMachineName }) => StateMachineName === `offsite-${name}`) ?? {};
      const text = String(machine['DefinitionString']);
      expect(JSON.parse(text)).toEqual(loadMachine(name));
      const named = [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, step]) => step))].sort();
      expect(Object.keys(machine['DefinitionSubstitutions'] as object).sort()).toEqual(named);
    }
  });

  test('log what happens and no data, and leave a trace', () => {
    for (const machine of propertiesOf(smallest, 'AWS::StepFunctions::StateMachine')) {
      expect(machine['LoggingConfiguration']).toMatchObject({ IncludeExecutionData: false, Level: 'ALL' });
      expect(machine['TracingConfiguration']).toEqual({ Enabled: true });
    }
  });

  test('say where everything else is', () => {
    for (const machine of propertiesOf(smallest, 'AWS::StepFunctions::StateMachine')) {
      const tags = Object.fromEntries(
        (machine['Tags'] as { Key: string; Value: unknown }[]).map(({ Key, Value }) => [Key, plain(Value)]),
      );
      expect(tags).toEqual({
        'offsite:configuration': expect.stringMatching(/^[0-9a-f]{16}$/),
        'offsite:bucket': expect.stringMatching(/^<ArchivesBucket\w+>$/),
        'offsite:installation': 'offsite',
        'offsite:topic': expect.stringMatching(/^<NotificationsTopic\w+>$/),
      });
    }
  });
});

describe('schedules', () => {
  const schedules = (made: Synthesized) =>
    Object.fromEntries(propertiesOf(made, 'AWS::Scheduler::Schedule').map((one) => [String(one['Name']), one]));

  test('run in the zone of their manager, within its window', () => {
    expect(schedules(everything)['prod-export']).toMatchObject({
      ScheduleExpression: 'cron(30 4 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    });
  });

  test('pass on the time of the night, so that a second delivery is the same night', () => {
    const { Target } = schedules(smallest)['prod-export'] as { Target: { Input: string; Arn: unknown } };
    expect(JSON.parse(Target.Input)).toEqual({ manager: 'prod', scheduledTime: '<aws.scheduler.scheduled-time>' });
    expect(plain(Target.Arn)).toMatch(/stateMachine:offsite-export$/);
  });

  test('a drill restores the newest archive of production to the manager that is for it', () => {
    const { Target, ScheduleExpressionTimezone } = schedules(everything)['prod-drill'] as {
      Target: { Input: string; Arn: unknown };
      ScheduleExpressionTimezone: string;
    };
    expect(ScheduleExpressionTimezone).toBe('Europe/Berlin');
    expect(JSON.parse(Target.Input)).toMatchObject({ manager: 'practice', sourceManager: 'prod', purpose: 'drill' });
    expect(plain(Target.Arn)).toMatch(/stateMachine:lab-7-restore$/);
  });

  test('a reconciliation is started daily for each manager, in its zone, with an input that it takes', () => {
    for (const [manager, zone] of [
      ['prod', 'Europe/Berlin'],
      ['practice', 'UTC'],
    ]) {
      const { Target, ScheduleExpressionTimezone } = schedules(everything)[`${manager}-reconcile`] as {
        Target: { Input: string; Arn: unknown };
        ScheduleExpressionTimezone: string;
      };
      expect(ScheduleExpressionTimezone).toBe(zone);
      expect(plain(Target.Arn)).toMatch(/stateMachine:lab-7-reconcile$/);
      const input = JSON.parse(Target.Input.replace('<aws.scheduler.scheduled-time>', '2026-11-22T09:00:00Z'));
      expect(contracts.TidyManager.input.parse({ input })).toMatchObject({ input: { manager } });
    }
  });

  test('what schedules start takes their input', () => {
    const inputs = Object.entries(schedules(everything)).map(([name, { Target }]) => {
      const { Input } = Target as { Input: string };
      return [name, JSON.parse(Input.replace('<aws.scheduler.scheduled-time>', '2026-11-22T09:00:00Z'))] as const;
    });
    for (const [name, input] of inputs) {
      const schema = name.endsWith('-export') ? ExportInput : name.endsWith('-drill') ? RestoreInput : undefined;
      if (schema) expect(schema.safeParse(input).error, name).toBeUndefined();
      if (name === 'verification') expect(VerifyInput.safeParse(input).error).toBeUndefined();
    }
  });

  test('a manager without a schedule has none', () => {
    expect(Object.keys(schedules(everything))).not.toContain('practice-export');
  });

  test('each tries for 12 hours and then leaves a letter in the queue, in one group', () => {
    const all = Object.values(schedules(everything));
    expect(all.length).toBeGreaterThan(2);
    const [queue] = Object.keys(resourcesOf(everything, 'AWS::SQS::Queue'));
    for (const { Target, GroupName } of all) {
      expect(Target).toMatchObject({
        RetryPolicy: { MaximumEventAgeInSeconds: 43_200, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
      });
      expect(plain(GroupName)).toMatch(/^<SchedulesGroup/);
    }
  });
});

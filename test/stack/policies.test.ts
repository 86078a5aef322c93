import { beforeAll, describe, expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { grantsOf, type Places } from '../../lib/cdk/grants.ts';
import { functionName, steps } from '../../lib/workflow/steps.ts';
import {
  EVERYTHING,
  plain,
  resourcesOf,
  SMALLEST,
  type Statement,
  type Synthesized,
  statementsOf,
  synthesize,
} from './synth.ts';

let everything: Synthesized;
let smallest: Synthesized;
beforeAll(() => {
  everything = synthesize(EVERYTHING);
  smallest = synthesize(SMALLEST);
});

/** The role of a step: its document "table", which a step that touches nothing does not have, and what every function has beside it. */
function roleOf(made: Synthesized, installation: string, step: StepName) {
  const functions = Object.values(resourcesOf(made, 'AWS::Lambda::Function'));
  const found = functions.find(({ Properties }) => Properties['FunctionName'] === functionName(installation, step));
  const role = resourcesOf(made)[plain(found?.Properties['Role']).replace('<', '').replace('.Arn>', '')];
  const policies = role?.Properties['Policies'] as { PolicyName: string; PolicyDocument: unknown }[];
  const document = (name: string) =>
    policies.filter(({ PolicyName }) => PolicyName === name).flatMap((one) => statementsOf(one.PolicyDocument));
  return { table: document('table'), runtime: document('runtime'), properties: role?.Properties ?? {} };
}

/** The ARNs of the template, as `plain` writes them. */
function placesOf(made: Synthesized, installation: string, inVpc: boolean) {
  const only = (type: string) => Object.keys(resourcesOf(made, type));
  const bucket = only('AWS::S3::Bucket').find((id) => id.startsWith('ArchivesBucket'));
  const account = 'arn:<AWS::Partition>:SERVICE:<AWS::Region>:<AWS::AccountId>';
  const executions = (machine: string) =>
    `${account.replace('SERVICE', 'states')}:execution:${installation}-${machine}:*`;
  return {
    bucket: `<${bucket}.Arn>`,
    key: `<${only('AWS::KMS::Key').find((id) => /^Key[0-9A-F]{8}$/.test(id))}.Arn>`,
    signingKey: `<${only('AWS::KMS::Key').find((id) => id.startsWith('Signing'))}.Arn>`,
    topic: `<${only('AWS::SNS::Topic')[0]}>`,
    secrets: [`${account.replace('SERVICE', 'secretsmanager')}:secret:${installation}/managers/*`],
    secretKeys: [] as string[],
    failuresTopic: undefined,
    targets: [] as string[],
    targetKeys: [] as string[],
    proxySecrets: [] as string[],
    proxySecretKeys: [] as string[],
    sources: [] as string[],
    sourceKeys: [] as string[],
    executions: machineNames.map(executions),
    functions: [`${account.replace('SERVICE', 'lambda')}:function:${installation}-*`],
    region: '<AWS::Region>',
    inVpc,
  };
}

/** One line per right, however CDK has put the statements together. */
const rightsOf = (statements: readonly Statement[]) =>
  statements
    .flatMap(({ Effect, Action, Resource, Condition = {} }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => `${Effect} ${action} on ${resource} if ${JSON.stringify(Condition)}`),
      ),
    )
    .sort();

const granted = (step: StepName, places: Places) =>
  rightsOf(
    grantsOf(steps[step].touches, places).map(({ actions, resources, conditions }) => ({
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(conditions ? { Condition: conditions } : {}),
    })),
  );

describe.each(stepNames)('the role of %s', (step) => {
  test('grants what the table says, and nothing else', () => {
    const { table } = roleOf(smallest, 'offsite', step);
    expect(rightsOf(table)).toEqual(granted(step, placesOf(smallest, 'offsite', false)));
  });

  test('grants the same with everything switched on: imported secrets and their keys, network interfaces', () => {
    const places = placesOf(everything, 'lab-7', true);
    // Manager far is in a group, so these may not read its secret (groups.test.ts).
    const secret = 'arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret';
    const secrets = [`${secret}:lab-7/managers/prod-??????`, `${secret}:cloudify/practice-??????`];
    const groups = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:lab-7_*:*';
    const ofGroups = 'arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:lab-7_*';
    const functions = [...places.functions, ofGroups];
    const all = { ...places, secrets, functions, executions: [...places.executions, groups] };
    expect(rightsOf(roleOf(everything, 'lab-7', step).table)).toEqual(granted(step, all));
  });

  test('may beside that only write its log and its trace, and is Lambda’s', () => {
    const { runtime, properties } = roleOf(smallest, 'offsite', step);
    expect(runtime.map(({ Action }) => Action)).toEqual([
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    ]);
    expect(runtime[0]?.Resource).toEqual([expect.stringMatching(/^<FunctionsLogs\w+\.Arn>$/)]);
    expect(properties['ManagedPolicyArns']).toBeUndefined();
    expect(JSON.stringify(properties['AssumeRolePolicyDocument'])).toContain('lambda.amazonaws.com');
  });
});

describe('a function that talks to a manager', () => {
  /** What would end an archive, or what vouches for it, now or later. */
  const ENDS = /^s3:(Delete|PutObject(Version)?Tagging|PutObjectRetention|PutObjectLegalHold|Bypass|PutLifecycle)/;
  const roles = (made: Synthesized) =>
    Object.entries(resourcesOf(made, 'AWS::IAM::Role')).map(([id, { Properties }]) => {
      const policies = (Properties['Policies'] ?? []) as { PolicyDocument: unknown }[];
      const allowed = policies
        .flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument))
        .filter(({ Effect }) => Effect === 'Allow');
      return { id, allowed };
    });

  test.each(['smallest', 'everything'] as const)('removes nothing from storage, nor lets it expire: %s', (which) => {
    const reading = roles({ smallest, everything }[which]).filter(({ allowed }) =>
      allowed.some(({ Action }) => Action.includes('secretsmanager:GetSecretValue')),
    );
    expect(reading.length).toBeGreaterThan(10);
    const can = reading.filter(({ allowed }) => allowed.some(({ Action }) => Action.some((one) => ENDS.test(one))));
    expect(can.map(({ id }) => id)).toEqual([]);
  });

  test('writes archives at most, and that an approval was used: no manifest, mark, evidence or approval', () => {
    for (const { id, allowed } of roles(smallest)) {
      if (!allowed.some(({ Action }) => Action.includes('secretsmanager:GetSecretValue'))) continue;
      expect(
        allowed.flatMap(({ Action }) => Action),
        id,
      ).not.toContain('kms:Sign');
      const written = allowed.filter(({ Action }) => Action.includes('s3:PutObject')).flatMap((one) => one.Resource);
      for (const resource of written) expect(resource, id).toMatch(/\/(archives|claims|approval-uses)\/\*$/);
    }
  });
});

test('every role is taken for this account only, where the service says for which it asks', () => {
  for (const [id, { Properties }] of Object.entries(resourcesOf(everything, 'AWS::IAM::Role'))) {
    const trust = plain(Properties['AssumeRolePolicyDocument']);
    if (trust.includes('"s3.amazonaws.com"')) continue;
    expect(trust, id).toContain('"aws:SourceAccount":"<AWS::AccountId>"');
  }
});

/** Actions for which AWS knows no ARN, or none yet. */
const WITHOUT_ARN = /^(xray:|logs:\w*(LogDelivery|LogDeliveries|ResourcePolic|LogGroups)|ec2:)/;

test('no other policy of the stack allows anything on *', () => {
  const statements = Object.values(resourcesOf(everything)).flatMap(({ Type, Properties }) => {
    if (Type === 'AWS::IAM::Policy') return statementsOf(Properties['PolicyDocument']);
    if (Type !== 'AWS::IAM::Role') return [];
    const policies = (Properties['Policies'] ?? []) as { PolicyDocument: unknown }[];
    return policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
  });
  expect(statements.length).toBeGreaterThan(100);
  for (const { Effect, Action, Resource } of statements) {
    for (const action of Action) {
      expect(action).not.toMatch(/\*/);
      if (Effect === 'Allow' && Resource.includes('*')) expect(action).toMatch(WITHOUT_ARN);
    }
  }
});

test('each state machine may invoke the functions that it names, and no other', () => {
  const roles = Object.entries(resourcesOf(smallest, 'AWS::IAM::Role')).filter(([id]) => id.startsWith('Machines'));
  expect(roles.length).toBe(machineNames.length);
  const machines = Object.values(resourcesOf(smallest, 'AWS::StepFunctions::StateMachine'));
  for (const [id, { Properties }] of roles) {
    const machine = machines.find((one) => plain(one.Properties['RoleArn']) === `<${id}.Arn>`);
    const named = Object.values(machine?.Properties['DefinitionSubstitutions'] as object).map(plain);
    const policies = Properties['Policies'] as { PolicyDocument: unknown }[];
    const statements = policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
    expect(statements).toEqual([{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: named.sort() }]);
  }
});

test('the schedules’ role can be used by schedules of our group only', () => {
  const [, role] =
    Object.entries(resourcesOf(smallest, 'AWS::IAM::Role')).find(([id]) => id.startsWith('SchedulesRole')) ?? [];
  expect(plain(role?.Properties['AssumeRolePolicyDocument'])).toContain(
    '"aws:SourceArn":"arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule-group/offsite"',
  );
});

import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  SFNClient,
  SFNServiceException,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, test } from 'vitest';
import { managerTags } from '../../lib/base/group-names.ts';
import { allMachines, findInstallation, machineFor } from '../../lib/installation/find-installation.ts';
import { StepFunctions } from '../../lib/installation/step-functions.ts';
import { told } from '../storage/replies.ts';

const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:offsite-export';
const ARN = 'arn:aws:states:eu-central-1:123456789012:execution:offsite-export:night';
const startDate = new Date('2026-11-22T02:00:00Z');

function statesOf() {
  const client = new SFNClient({ region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  return { mock: mockClient(client), sfn: new StepFunctions(client, new AbortController().signal) };
}
const failure = (name: string, httpStatusCode: number | undefined, message = '') =>
  new SFNServiceException({ name, message, $fault: 'client', $metadata: httpStatusCode ? { httpStatusCode } : {} });
const broken = (action: string, what: string) =>
  `AwsUnavailable: The reply to ${action} ${what}. AWS does not answer so. Try again; if it stays, look for a proxy in between that changes replies.`;

describe('the list of state machines', () => {
  const machine = {
    name: 'offsite-export',
    stateMachineArn: MACHINE,
    type: 'STANDARD',
    creationDate: startDate,
  } as const;
  test.each([
    ['a token that comes again', { stateMachines: [], nextToken: 't' }, 'leads back to a page that was read already'],
    ['a machine without its name', { stateMachines: [{ ...machine, name: undefined }] }, 'lacks name'],
    [
      'a machine without its ARN',
      { stateMachines: [{ ...machine, stateMachineArn: undefined }] },
      'lacks stateMachineArn',
    ],
  ])('with %s ends by name, and not as "there is no installation"', async (_, page, what) => {
    const { mock, sfn } = statesOf();
    mock.on(ListStateMachinesCommand).resolves(page);
    expect(await told(findInstallation('offsite', sfn))).toBe(broken('states:ListStateMachines', what));
  });

  test('whose second page is throttled is no shorter list', async () => {
    const { mock, sfn } = statesOf();
    mock.on(ListStateMachinesCommand).resolves({ stateMachines: [machine], nextToken: 't' });
    mock.on(ListStateMachinesCommand, { nextToken: 't' }).rejects(failure('ThrottlingException', 400));
    expect(await told(findInstallation('offsite', sfn))).toBe(
      'AwsUnavailable: AWS did not answer states:ListStateMachines: ThrottlingException (HTTP 400), also when it was asked again. Try later.',
    );
  });
});

describe('an installation with groups of managers', () => {
  const arnOf = (name: string) => MACHINE.replace('offsite-export', name);
  const NAMES = [
    'offsite-export',
    'offsite-restore',
    'offsite_east-export',
    'offsite_east-restore',
    'offsite-east-export',
  ];

  async function found() {
    const { mock, sfn } = statesOf();
    const stateMachines = NAMES.map((name) => ({
      name,
      stateMachineArn: arnOf(name),
      type: 'STANDARD' as const,
      creationDate: startDate,
    }));
    mock.on(ListStateMachinesCommand).resolves({ stateMachines });
    for (const name of NAMES) {
      const tags = { 'offsite:bucket': 'b', ...(name.includes('_') ? managerTags(['prod', 'lab']) : {}) };
      const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
      mock.on(ListTagsForResourceCommand, { resourceArn: arnOf(name) }).resolves({ tags: list });
    }
    return { sfn, installation: await findInstallation('offsite', sfn) };
  }

  test('starts the machine of the group that a manager is in, and of no other installation', async () => {
    const { sfn, installation } = await found();
    const started = async (manager: string, kind: 'export' | 'restore') =>
      (await machineFor(manager, kind, installation, sfn)).name;
    expect(await started('prod', 'export')).toBe('offsite_east-export');
    expect(await started('lab', 'restore')).toBe('offsite_east-restore');
    expect(await started('pro', 'export')).toBe('offsite-export');
    expect(await started('alone', 'restore')).toBe('offsite-restore');
  });

  test('looks for an execution in the machines of all groups', async () => {
    const { installation } = await found();
    expect(allMachines(installation, () => true).map(({ name }) => name)).toEqual(NAMES.slice(0, 4));
  });
});

describe('an execution', () => {
  const whole = { executionArn: ARN, stateMachineArn: MACHINE, startDate, status: 'RUNNING' } as const;
  test.each([
    ['status', { ...whole, status: undefined }],
    ['stateMachineArn', { ...whole, stateMachineArn: undefined }],
    ['startDate', { ...whole, startDate: undefined }],
  ])('that is described without its %s ends by name: it did not begin in 1970', async (field, reply) => {
    const { mock, sfn } = statesOf();
    mock.on(DescribeExecutionCommand).resolves(reply);
    expect(await told(sfn.describe(ARN))).toBe(broken('states:DescribeExecution', `lacks ${field}`));
  });

  test.each([
    ['executionArn', { startDate }],
    ['startDate', { executionArn: ARN }],
  ])('that is started without its %s ends by name', async (field, reply) => {
    const { mock, sfn } = statesOf();
    mock.on(StartExecutionCommand).resolves({ executionArn: undefined, startDate: undefined, ...reply });
    expect(await told(sfn.start(MACHINE, 'night', {}))).toBe(broken('states:StartExecution', `lacks ${field}`));
  });

  test.each([
    ['executionArn', { executionArn: undefined }],
    ['name', { name: undefined }],
    ['startDate', { startDate: undefined }],
  ])('that is listed without its %s ends by name', async (field, lost) => {
    const { mock, sfn } = statesOf();
    const one = { executionArn: ARN, stateMachineArn: MACHINE, name: 'night', status: 'RUNNING', startDate } as const;
    mock.on(ListExecutionsCommand).resolves({ executions: [{ ...one, ...lost }] });
    expect(await told(sfn.newest(MACHINE, 10))).toBe(broken('states:ListExecutions', `lacks ${field}`));
  });

  test.each([
    [failure('ExecutionDoesNotExist', 400), /^Error: nothing; it gave undefined$/],
    [failure('ThrottlingException', 400), /^AwsUnavailable: AWS did not answer states:DescribeExecution/],
    [failure('TooManyRequestsException', 429), /^AwsUnavailable: /],
    [
      failure('AccessDeniedException', 400, 'not authorized'),
      /^AwsRefused: AWS denies states:DescribeExecution: not auth/,
    ],
    [failure('ExpiredTokenException', 400, 'expired'), /^AwsRefused: AWS does not accept the credentials/],
    [failure('TimeoutError', undefined), /^AwsUnavailable: /],
  ])('meets %s', async (error, what) => {
    const { mock, sfn } = statesOf();
    mock.on(DescribeExecutionCommand).rejects(error);
    expect(await told(sfn.describe(ARN))).toMatch(what);
  });
});

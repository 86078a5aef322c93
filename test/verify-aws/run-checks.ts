import { CreateScheduleCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Bench, type Check, must } from './checks.ts';
import { until } from './waiting.ts';

/** What people and schedules start. */
export const runChecks: readonly Check[] = [
  {
    name: 'a backup without credentials fails by name',
    look: async ({ offsite }) => {
      const { error } = await offsite(1, 'export', '--manager', 'spare', '--wait');
      must(error === 'InvalidSecret', `it failed with ${error}`);
      return 'InvalidSecret, as documented';
    },
  },
  {
    name: 'a backup is stored and verified',
    look: async ({ offsite, storeSecret, left }) => {
      await storeSecret('prod');
      const { outcome, archive } = await offsite(0, 'export', '--manager', 'prod', '--wait');
      must(outcome === 'succeeded', `it ${outcome}`);
      left.archive = archive;
      return `${archive.key}, ${archive.size} bytes, ${archive.memberCount} files verified`;
    },
  },
  {
    name: 'a schedule starts a backup',
    look: async (bench) => {
      const began = new Date();
      await scheduleOnce(bench);
      const arn = await until(
        'the schedule has started an export',
        bench.patience,
        bench.account.lookMs,
        bench.signal,
        () => startedSince(bench, began),
      );
      return (await ended(bench, arn)).message;
    },
  },
  {
    name: 'stored archives are read again',
    needsArchive: true,
    look: async ({ offsite }) => {
      const { outcome, message, counts } = await offsite(0, 'verify', '--all', '--wait');
      must(outcome === 'succeeded' && counts.good > 0, message);
      return message;
    },
  },
  {
    name: 'an archive is restored to an empty manager, and proven',
    needsArchive: true,
    look: async ({ offsite, storeSecret }) => {
      await storeSecret('spare');
      const onto = ['--manager', 'spare', '--source-manager', 'prod', '--yes', '--wait'];
      const { outcome, differences, rtoSeconds } = await offsite(0, 'restore', ...onto);
      must(outcome === 'succeeded' && differences.length === 0, `it ${outcome}, ${differences.length} differences`);
      return `proven after ${rtoSeconds} s, no differences`;
    },
  },
  {
    name: 'the daily reconciliation finds nothing',
    needsArchive: true,
    look: async (bench) => {
      const input = JSON.stringify({ manager: 'prod', scheduledTime: new Date().toISOString() });
      const started = await sfnOf(bench).send(
        new StartExecutionCommand({ stateMachineArn: machineOf(bench, 'reconcile'), input }),
      );
      const { outcome, message } = await ended(bench, started.executionArn ?? '');
      must(outcome === 'clean', message);
      return message;
    },
  },
  {
    name: 'the state of a manager is shown, with what is deployed',
    needsArchive: true,
    look: async ({ offsite }) => {
      const { managers } = await offsite(0, 'status', '--manager', 'prod');
      const [{ stale, nextRun }] = managers;
      must(!stale, 'its newest archive is stale');
      return `next run ${nextRun}`;
    },
  },
];

const sfnOf = ({ account }: Bench) => new SFNClient(account.client);

const machineOf = ({ account, name }: Bench, machine: string) =>
  `arn:aws:states:${account.region}:${account.id}:stateMachine:${name}-${machine}`;

/** The schedule of the manager once more, for now: with its role, its input and its patience. */
async function scheduleOnce({ account, name: GroupName }: Bench): Promise<void> {
  const scheduler = new SchedulerClient(account.client);
  const { Target } = await scheduler.send(new GetScheduleCommand({ Name: 'prod-export', GroupName }));
  await scheduler.send(
    new CreateScheduleCommand({
      ...{ Name: 'once', GroupName, Target, FlexibleTimeWindow: { Mode: 'OFF' } },
      ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
    }),
  );
}

async function startedSince(bench: Bench, began: Date): Promise<string | undefined> {
  const asked = new ListExecutionsCommand({ stateMachineArn: machineOf(bench, 'export') });
  const { executions } = await sfnOf(bench).send(asked);
  return executions?.find(({ startDate }) => (startDate ?? began) > began)?.executionArn;
}

/** Waits for the end of an execution. Throws unless it is a good one. */
async function ended(bench: Bench, executionArn: string): Promise<{ outcome: string; message: string }> {
  const { account, patience, signal } = bench;
  const last = await until(`execution ${executionArn} has ended`, patience, account.lookMs, signal, async () => {
    const seen = await sfnOf(bench).send(new DescribeExecutionCommand({ executionArn }));
    return seen.status === 'RUNNING' ? undefined : seen;
  });
  must(last.status === 'SUCCEEDED', `execution ${executionArn} ended as ${last.status}: ${last.error} ${last.cause}`);
  return JSON.parse(last.output ?? '');
}

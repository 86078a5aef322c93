import { CloudWatchClient, DescribeAlarmHistoryCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { type Bench, type Check, must } from './checks.ts';
import { until } from './waiting.ts';

const NOTHING = 'MiniStack makes no metrics of logs and executions';

/** Who hears of it. */
export const alarmChecks: readonly Check[] = [
  {
    name: 'every alarm tells the topic',
    look: async (bench) => {
      const alarms = await alarmsOf(bench);
      const silent = alarms.filter(({ AlarmActions }) => (AlarmActions ?? []).length === 0);
      must(alarms.length > 0 && silent.length === 0, `${silent.length} of ${alarms.length} alarms tell nobody`);
      return `${alarms.length} alarms`;
    },
  },
  {
    name: 'the backup that failed rings an alarm, which reaches the encrypted topic',
    notEmulated: NOTHING,
    look: async (bench) => {
      await reaches(bench, 'export-failed', 'ALARM');
      return await told(bench, 'export-failed');
    },
  },
  {
    name: 'the backup that succeeded ends the alarm on missing archives',
    notEmulated: NOTHING,
    needsArchive: true,
    look: async (bench) => {
      await reaches(bench, 'prod-no-archive', 'OK');
      return 'OK';
    },
  },
];

async function alarmsOf({ account, name }: Bench, id = '') {
  const client = new CloudWatchClient(account.client);
  const found = [];
  for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: `${name}-${id}` }))
    found.push(...(page.MetricAlarms ?? []));
  return found;
}

async function reaches(bench: Bench, id: string, state: string): Promise<void> {
  const { account, patience, signal, name } = bench;
  await until(`the alarm ${name}-${id} is ${state}`, patience, account.lookMs, signal, async () => {
    const [alarm] = await alarmsOf(bench, id);
    return alarm?.StateValue === state ? true : undefined;
  });
}

/** Whether its message could be published: the topic is encrypted by a key whose policy has to allow it. */
async function told(bench: Bench, id: string): Promise<string> {
  const { account, patience, signal, name } = bench;
  const asked = new DescribeAlarmHistoryCommand({ AlarmName: `${name}-${id}`, HistoryItemType: 'Action' });
  const summary = await until(
    `the alarm ${name}-${id} has told somebody`,
    patience,
    account.lookMs,
    signal,
    async () => {
      const { AlarmHistoryItems } = await new CloudWatchClient(account.client).send(asked);
      return AlarmHistoryItems?.[0]?.HistorySummary;
    },
  );
  must(summary.startsWith('Successfully'), summary);
  return summary;
}

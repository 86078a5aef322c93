import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type MetricName, NAMESPACE } from '../base/metric-names.ts';
import { runbookPage } from '../base/runbook.ts';
import { prefixOf } from '../storage/layout.ts';

interface Props {
  readonly name: string;
  readonly bucketName: string;
  readonly managers: number;
  readonly alarms: readonly cloudwatch.Alarm[];
  readonly machines: ReadonlyMap<string, sfn.StateMachine>;
}

const DAY = Duration.days(1);
const WHOLE = 24;
const HALF = 12;

/**
 * One page for somebody who answers for many managers: is anything red, which managers have a verified archive of today,
 * how large they are, whether restores were tried. Managers are searched for, so new ones appear by themselves.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { name, bucketName, managers, alarms, machines }: Props) {
    super(scope, id);
    const { region } = Stack.of(this);
    const board = new cloudwatch.Dashboard(this, 'Board', {
      // Dashboards are one for all regions: an installation of the same name in another region has one of its own.
      dashboardName: `${name}-${region}`,
      defaultInterval: Duration.days(14),
    });
    board.addWidgets(
      new cloudwatch.TextWidget({
        markdown: `${TEXT}${managers > MOST_LINES ? ` ${notAll(managers)}` : ''} ${reportText(Stack.of(this), bucketName)}`,
        width: WHOLE,
        height: 3,
        background: cloudwatch.TextWidgetBackground.TRANSPARENT,
      }),
    );
    for (let first = 0; first < alarms.length; first += MOST_ALARMS) {
      board.addWidgets(alarmsWidget(alarms.slice(first, first + MOST_ALARMS)));
    }
    board.addWidgets(
      perManager('Verified archives per day', name, 'ExportSucceeded', 'Sum', 'count'),
      perManager('Failed exports per day', name, 'ExportFailed', 'Sum', 'count'),
    );
    board.addWidgets(
      perManager('Size of archives', name, 'ArchiveBytes', 'Maximum', 'bytes'),
      perManager('Hours since the last verified archive', name, 'HoursSinceVerified', 'Maximum', 'hours'),
    );
    board.addWidgets(
      perManager('Restores and drills: minutes to the proof', name, 'RestoreSeconds', 'Maximum', 'minutes', '/ 60'),
      durations(machines),
    );
  }
}

const TEXT = `**Every manager has a green alarm and one verified archive a day.** A manager without a line has had none. What an
alarm means and what to do: ${runbookPage('alarms')}. For people and auditors: \`offsite report\`. Run by run: \`offsite status\`, or the state machines in Step Functions.`;

/** Of one graph (aws: metric math, metrics and expressions of a graph). A search with more finds some of them. */
const MOST_LINES = 500;

const notAll = (managers: number) =>
  `**A graph has ${MOST_LINES} lines at most, so of these ${managers} managers some have no line.** The alarms are of all of them, and \`offsite status\` lists all.`;

/** To the folder in the console, which asks who it is: nothing here opens a page to everybody. */
function reportText({ region }: Stack, bucketName: string): string {
  const folder = `https://console.aws.amazon.com/s3/buckets/${bucketName}?region=${region}&prefix=${prefixOf('reports')}`;
  return `The monthly reports: \`offsite report --open\`, or [their folder in the bucket](${folder}).`;
}

/** Of one widget (aws: dashboard body, alarm widgets). */
const MOST_ALARMS = 100;

/** Eight alarms in a row of a widget that is as wide as the page. */
function alarmsWidget(alarms: readonly cloudwatch.Alarm[]): cloudwatch.AlarmStatusWidget {
  const height = 2 + Math.ceil(alarms.length / 8);
  return new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WHOLE, height });
}

/** One line per manager, of those that there are. */
function perManager(title: string, name: string, metric: MetricName, statistic: string, unit: string, scale = '') {
  const search = `SEARCH('{${NAMESPACE},service,manager} service="${name}" MetricName="${metric}"', '${statistic}', ${DAY.toSeconds()})`;
  return new cloudwatch.GraphWidget({
    title,
    width: HALF,
    height: 6,
    left: [
      new cloudwatch.MathExpression({
        expression: scale ? `${search} ${scale}` : search,
        usingMetrics: {},
        // Each line is called after its manager.
        label: `\${PROP('Dim.manager')}`,
        period: DAY,
      }),
    ],
    leftYAxis: { min: 0, label: unit, showUnits: false },
    liveData: true,
  });
}

function durations(machines: Props['machines']): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title: 'Duration of executions (ms)',
    width: HALF,
    height: 6,
    left: [...machines].map(([label, machine]) => machine.metricTime({ label, period: DAY, statistic: 'Maximum' })),
    leftYAxis: { min: 0 },
  });
}

import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { defined } from '../base/defined.ts';
import { groupedName } from '../base/group-names.ts';
import { type MetricName, NAMESPACE } from '../base/metric-names.ts';
import { type Article, runbookPage } from '../base/runbook.ts';
import type { Notifications } from './notifications.ts';

/** What an alarm watches, and what it says to the person who is called. */
export interface Watched {
  readonly id: string;
  /** What has happened, with what to do first. */
  readonly description: string;
  readonly article: Article;
  readonly metric: cloudwatch.IMetric;
  readonly threshold: number;
  /** How many periods in a row; default 1. */
  readonly periods?: number;
  readonly below?: true;
  /** What no data means; default: nothing has happened. */
  readonly missing?: 'breaching';
}

/** Every alarm of an installation: each has an action, and each says what to read. */
export class Alarms extends Construct {
  readonly all: cloudwatch.Alarm[] = [];
  readonly #name: string;
  readonly #topic: sns.ITopic;
  readonly #failures: sns.ITopic | undefined;

  constructor(
    scope: Construct,
    id: string,
    name: string,
    { topic, failures }: Pick<Notifications, 'topic' | 'failures'>,
  ) {
    super(scope, id);
    this.#name = name;
    this.#topic = topic;
    this.#failures = failures;
  }

  /** `group`: of managers; its alarms are named after it, so that a manager that moves has its new one before the old one goes. */
  add(scope: Construct, { id, description, article, metric, threshold, ...how }: Watched, group?: string): void {
    const alarm = new cloudwatch.Alarm(scope, `${id}-alarm`, {
      alarmName: `${groupedName(this.#name, group)}-${id}`,
      alarmDescription: `${description} What to do: ${runbookPage(article)}.`,
      metric,
      threshold,
      evaluationPeriods: how.periods ?? 1,
      comparisonOperator: how.below
        ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: how.missing ? cloudwatch.TreatMissingData.BREACHING : cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    alarm.addOkAction(new SnsAction(this.#topic));
    if (this.#failures) alarm.addAlarmAction(new SnsAction(this.#failures));
    this.all.push(alarm);
  }
}

interface OurMetric {
  readonly installation: string;
  /** Without it: of all managers together. */
  readonly manager?: string;
  readonly statistic: 'Sum' | 'Maximum' | 'SampleCount';
  readonly hours: number;
}

/** One of ours, as lib/lambda/metrics.ts sends it. */
export function ourMetric(name: MetricName, { installation, manager, statistic, hours }: OurMetric) {
  return new cloudwatch.Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { service: installation, ...defined({ manager }) },
    statistic,
    period: Duration.hours(hours),
  });
}

/**
 * A period without a number counts as 0. When numbers are missing CloudWatch looks further back than it was told to, by an
 * evaluation range that it does not tell, and takes the older ones: a success of the night before last would keep an alarm
 * on silence silent for hours longer (aws: CloudWatch, alarms and missing data).
 */
export function withZeros(metric: cloudwatch.Metric): cloudwatch.MathExpression {
  const { metricName: label, period } = metric;
  return new cloudwatch.MathExpression({ label, expression: 'FILL(sent, 0)', usingMetrics: { sent: metric }, period });
}

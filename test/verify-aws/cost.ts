import type { StackResourceSummary } from '@aws-sdk/client-cloudformation';
import { HOURS, PRICES } from '../../tools/cost-prices.ts';

/** Dollars of an hour of what is charged by the hour, by type of resource. */
const HOURLY: Readonly<Record<string, number>> = {
  // t4g.micro, and 8 GiB of gp3 at 0.08 a month.
  'AWS::EC2::Instance': 0.0084 + (8 * 0.08) / HOURS,
  'AWS::EC2::VPCEndpoint': PRICES.endpointHour,
  'AWS::KMS::Key': PRICES.kmsKey / HOURS,
  'AWS::SecretsManager::Secret': PRICES.secret / HOURS,
  // Of up to three metrics.
  'AWS::CloudWatch::Alarm': (3 * PRICES.alarm) / HOURS,
  'AWS::CloudWatch::Dashboard': PRICES.dashboard / HOURS,
};

/** Calls, transitions, functions, logs and metrics of a few runs with an archive of 40 MB, generously. */
const RUNS = 0.1;

/** In US dollars by list prices of us-east-1, hours begun as whole ones. Nothing is taken from a bill. */
export function costOf(resources: readonly Pick<StackResourceSummary, 'ResourceType'>[], ms: number): number {
  const begun = Math.ceil(ms / 3_600_000);
  const hourly = resources.reduce((sum, { ResourceType = '' }) => sum + (HOURLY[ResourceType] ?? 0), 0);
  return hourly * begun + RUNS;
}

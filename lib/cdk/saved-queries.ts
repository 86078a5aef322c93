import type * as logs from 'aws-cdk-lib/aws-logs';
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Questions that one has at 3 a.m., ready in CloudWatch Logs Insights. Fields: those of Powertools and of Lambda. */
const QUERIES: Readonly<Record<string, string>> = {
  'errors by step':
    'filter level = "ERROR" | stats count(*) as errors, latest(message) as last by step, error | sort errors desc',
  'everything of one manager':
    'filter @message like /MANAGER/ | fields @timestamp, level, message, step | sort @timestamp asc | limit 1000',
  'warnings and errors, newest first':
    'filter level in ["WARN", "ERROR"] | fields @timestamp, level, step, message | sort @timestamp desc | limit 200',
  'slowest calls':
    'filter @type = "REPORT" | fields @timestamp, @logStream, @duration / 1000 as seconds, @maxMemoryUsed / 1e6 as usedMB | sort seconds desc | limit 50',
  'starts, memory and time of functions':
    'filter @type = "REPORT" | stats count(*) as calls, count(@initDuration) as coldStarts, max(@duration) / 1000 as longestSeconds, max(@maxMemoryUsed) / 1e6 as mostMB by @memorySize',
};

export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, name: string, logGroup: logs.ILogGroup) {
    super(scope, id);
    for (const [title, queryString] of Object.entries(QUERIES)) {
      new CfnQueryDefinition(this, title.replaceAll(/\W+/g, '-'), {
        name: `${name}/${title}`,
        logGroupNames: [logGroup.logGroupName],
        queryString,
      });
    }
  }
}

import type * as logs from 'aws-cdk-lib/aws-logs';
import type { OffsiteConfig } from '../config/offsite-config.ts';

/**
 * Puts a log group under the key of the archives. The policy of a key that the stack did not make may not allow CloudWatch
 * Logs to use it, and the deployment would fail: then it takes a word in the configuration.
 */
export function encryptLogs(group: logs.LogGroup, { encryptLogs: wanted, storage }: OffsiteConfig, keyArn: string) {
  if (wanted ?? storage.kmsKeyArn === undefined) (group.node.defaultChild as logs.CfnLogGroup).kmsKeyId = keyArn;
}

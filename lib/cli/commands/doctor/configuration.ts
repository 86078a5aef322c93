import { type Check, failed, ok, warning } from '../../../doctor/check.ts';
import type { Finding } from '../../../lint/finding.ts';
import { lintPolicy } from '../../../lint/policy-lint.ts';
import { openConfig } from '../../inputs/config-file.ts';

const WHAT = 'configuration';

/** What is about the stack alone says nothing of runs on one machine. */
const OF_THE_STACK = new Set<Finding['name']>([
  'LocalFieldsIgnored',
  'NoNotificationTarget',
  'NoAlarmOnSilence',
  'AlarmBeforeNextRun',
]);

/** What is risky in a configuration that is valid. An invalid one ends the command before. */
export async function checkConfiguration(file: string | undefined, local: boolean): Promise<readonly Check[]> {
  if (file === undefined) return [];
  const { config } = await openConfig(file);
  const found = lintPolicy(config).filter(({ name }) => !local || !OF_THE_STACK.has(name));
  if (found.length === 0) return [ok(WHAT, `${file} is valid, and nothing in it is risky`)];
  return found.map(({ name, severity, message }) =>
    (severity === 'refuse' ? failed : warning)(WHAT, `${name}: ${message}`),
  );
}

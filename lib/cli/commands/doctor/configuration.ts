import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { failed, ok, warning } from '../../../doctor/check.ts';
import type { Check } from '../../../doctor/contract.ts';
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

/** An invalid one ends the command before. */
export async function checkConfiguration(file: string | undefined): Promise<readonly Check[]> {
  return file === undefined ? [] : findingsOf((await openConfig(file)).config, true);
}

/** What is risky in a configuration that is valid. */
export function findingsOf(config: OffsiteConfig, local: boolean): readonly Check[] {
  const found = lintPolicy(config).filter(({ name }) => !local || !OF_THE_STACK.has(name));
  if (found.length === 0) return [ok(WHAT, 'it is valid, and the policy lint finds nothing in it')];
  return found.map(({ name, severity, message }) =>
    (severity === 'refuse' ? failed : warning)(WHAT, `${name}: ${message}`),
  );
}

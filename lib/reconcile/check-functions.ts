import type { ManagerRules } from '../config/manager-rules.ts';
import type { Deps } from '../deps.ts';
import type { Finding } from './findings.ts';

/** What is ready, or will be in seconds. */
const READY = /^(Active|Pending)\b/;

/**
 * Functions in a VPC that no schedule calls lose their network interface after weeks, and the first call of a restore would
 * fail. A daily call keeps them ready (lib/cdk/ready-calls.ts); here it is seen whether it does.
 */
export async function judgeFunctions(
  manager: string,
  { inNetwork = false }: Pick<ManagerRules, 'inNetwork'>,
  steps: readonly string[],
  { functions }: Pick<Deps, 'functions'>,
): Promise<Finding[]> {
  if (!inNetwork || functions === undefined) return [];
  const seen = await Promise.all(steps.map(async (step) => [step, await functions.stateOf(manager, step)] as const));
  const notReady = seen.filter(([, state]) => !READY.test(state));
  if (notReady.length === 0) return [];
  const list = notReady.map(([step, state]) => `${step} is ${state}`).join(', ');
  const message = `Functions are not ready: ${list}. A restore would fail or wait. Look at subnets and security groups of the configuration, invoke each function with { "ping": true }, and deploy again if one is missing or failed.`;
  return [{ kind: 'FunctionNotReady', about: 'functions in the VPC', message }];
}

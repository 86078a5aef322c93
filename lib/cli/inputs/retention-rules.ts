import { readFile } from 'node:fs/promises';
import { defined } from '../../base/defined.ts';
import { InvalidConfiguration } from '../../base/errors.ts';
import { describeIssues } from '../../base/zod-issues.ts';
import { defaultRules, type ManagerRules, rulesOf } from '../../config/manager-rules.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { RetentionPolicy } from '../../config/retention.ts';
import { readConfig } from './config-file.ts';
import type { DestinationOptions } from './destination.ts';

/** The rules of a manager, and whether they are those of a configuration: without one they are the defaults. */
export async function knownRules(manager: string, file: string | undefined, installation: string | undefined) {
  const config = await readConfig(file, installation);
  return config ? { rules: rulesOf(config, manager), configured: true } : { rules: defaultRules, configured: false };
}

/**
 * The rules of every manager for a run on this machine: those of the file, else the defaults. What a person says of
 * `keepOnManager` counts more. A bucket may be an installation's, which holds more than the defaults do: without its
 * configuration one export by hand would let go what S3 then removes within hours.
 */
export async function rulesFrom(given: DestinationOptions, keepOnManager?: number) {
  const { config: file, bucket } = given;
  const config = await readConfig(file, undefined);
  const own = keepOnManager === undefined ? {} : { keepOnManager };
  const assumed: ManagerRules = bucket === undefined ? defaultRules : { ...defaultRules, isAssumed: true };
  const unlocked = config && !mayLock(config, given) ? { lock: undefined } : {};
  return (manager: string): ManagerRules => ({
    ...(config ? rulesOf(config, manager) : assumed),
    ...unlocked,
    ...own,
  });
}

/**
 * A folder has no Object Lock. The default of version 2 is about the bucket of the stack, which `--bucket` may name; of a
 * bucket of another store or of `local` nobody has said that it has one, unless the configuration asks for a lock by itself.
 */
function mayLock({ storage, local }: OffsiteConfig, { to, from, bucket, s3Endpoint }: DestinationOptions): boolean {
  if (bucket !== undefined) return s3Endpoint === undefined || storage.objectLock !== undefined;
  return to === undefined && from === undefined && local?.bucket !== undefined && storage.objectLock !== undefined;
}

/** Options that change a policy, to see what would come of it. */
interface PolicyChange {
  readonly changed?: string | undefined;
  readonly held?: number | undefined;
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  readonly yearly?: number | undefined;
  readonly undoDays?: number | undefined;
}

/** The rules as they would be; undefined when nothing would be changed. Throws `InvalidConfiguration`. */
export async function changedRules(
  manager: string,
  now: ManagerRules,
  given: PolicyChange,
): Promise<ManagerRules | undefined> {
  const { changed, held, undoDays } = given;
  const days = (['daily', 'weekly', 'monthly', 'yearly'] as const).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (changed === undefined && held === undefined && undoDays === undefined && days.length === 0) return undefined;
  const { rules } = changed === undefined ? { rules: now } : await rulesIn(manager, now, changed);
  const policy = RetentionPolicy.safeParse({
    ...rules.retention,
    ...defined({ held, undoDays }),
    days: { ...rules.retention.days, ...Object.fromEntries(days) },
  });
  if (policy.success) return { ...rules, retention: policy.data };
  throw new InvalidConfiguration(`The changed retention is not valid: ${describeIssues(policy.error)}.`);
}

/** A configuration of an installation, or the part `retention` of one alone. */
async function rulesIn(manager: string, now: ManagerRules, file: string): Promise<{ rules: ManagerRules }> {
  const alone = RetentionPolicy.safeParse(await readAny(file));
  if (alone.success) return { rules: { ...now, retention: alone.data } };
  return await knownRules(manager, file, undefined);
}

async function readAny(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    // The reader of configurations says what is wrong with it.
    return undefined;
  }
}

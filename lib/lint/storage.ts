import { EXPIRE_TAGS, type LifecycleRule } from '../config/lifecycle.ts';
import { objectLockOf } from '../config/object-lock.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { CLASSES } from '../config/retention.ts';
import { prefixOf } from '../storage/layout.ts';
import { type Finding, finding } from './finding.ts';

/** How long things stay: what the rules of the bucket do against what the classes say, and what a lock does to both. */
export function lintStorage(config: OffsiteConfig, rules: readonly LifecycleRule[]): Finding[] {
  return [...daysOfClasses(config, rules), ...heldExpires(rules), ...lock(config)];
}

/** Expiration and noncurrent days add up: an archive's bytes live through both (aws: lifecycle of versioned buckets). */
function daysOfClasses({ retention }: OffsiteConfig, rules: readonly LifecycleRule[]): Finding[] {
  return CLASSES.flatMap((name) => {
    const [rule, ...more] = rules.filter(({ tag }) => tag?.value === name);
    const days = (rule?.expirationDays ?? Number.NaN) + (rule?.noncurrentDays ?? Number.NaN);
    if (days === retention.days[name] && more.length === 0 && rule?.prefix === undefined) return [];
    const found = rule ? `${rule.expirationDays} + ${rule.noncurrentDays} days` : 'no rule';
    return [
      finding(
        'RetentionDaysDoNotAddUp',
        `retention.days.${name} says ${retention.days[name]} days from the storing of an archive to its last byte, but the bucket has ${found}${more.length > 0 ? ' and more' : ''} for it.`,
      ),
    ];
  });
}

/** What is held or kept, and a manifest, must never meet a rule that ends its current version. */
function heldExpires(rules: readonly LifecycleRule[]): Finding[] {
  return rules
    .filter(({ expirationDays }) => expirationDays !== undefined)
    .filter(({ tag, prefix = '' }) => {
      if (tag) return ['held', 'kept'].includes(tag.value) || !EXPIRE_TAGS.includes(tag.value);
      return (['archives', 'manifests', 'inspections'] as const)
        .map(prefixOf)
        .some((ours) => ours.startsWith(prefix) || prefix.startsWith(ours));
    })
    .map(({ id }) =>
      finding(
        'HeldCanExpire',
        `The lifecycle rule ${id} expires objects that are protected: the last valid archive could be lost.`,
      ),
    );
}

function lock(config: OffsiteConfig): Finding[] {
  const { retention } = config;
  const objectLock = objectLockOf(config);
  if (!objectLock) return [];
  const found: Finding[] = [];
  if (objectLock.mode === 'compliance' && !objectLock.complianceAcknowledged) {
    found.push(
      finding(
        'ComplianceNotAcknowledged',
        `storage.objectLock.mode is compliance: for ${objectLock.days} days no user can delete an archive or end its cost, not root, not AWS. If that is what you want, set storage.objectLock.complianceAcknowledged to true.`,
      ),
    );
  }
  for (const name of CLASSES) {
    if (retention.days[name] >= objectLock.days) continue;
    found.push(
      finding(
        'LockLongerThanRetention',
        `storage.objectLock.days ${objectLock.days} is more than retention.days.${name} ${retention.days[name]}: S3 cannot remove what is locked, so ${name} archives stay, and cost, longer than their class says.`,
      ),
    );
  }
  return found;
}

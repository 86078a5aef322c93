import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { defined } from '../base/defined.ts';
import { type LifecycleRule, lifecycleRules } from '../config/lifecycle.ts';
import type { RetentionPolicy } from '../config/retention.ts';

/** The rules of lib/config/lifecycle.ts, which the plan and the tests of retention reckon with, as CDK takes them. */
export function lifecycleOf(policy: RetentionPolicy): s3.LifecycleRule[] {
  return lifecycleRules(policy).map(ruleOf);
}

function ruleOf(rule: LifecycleRule): s3.LifecycleRule {
  const { id, prefix, tag, transition } = rule;
  const given = {
    prefix,
    tagFilters: tag && { [tag.key]: tag.value },
    expiration: inDays(rule.expirationDays),
    noncurrentVersionExpiration: inDays(rule.noncurrentDays),
    transitions: transition && [transitionTo(transition)],
    abortIncompleteMultipartUploadAfter: inDays(rule.abortUploadsAfterDays),
    expiredObjectDeleteMarker: rule.expiredDeleteMarkers,
  };
  return { id, ...defined(given) };
}

const inDays = (count: number | undefined) => (count === undefined ? undefined : Duration.days(count));

function transitionTo({ days, storageClass }: NonNullable<LifecycleRule['transition']>): s3.Transition {
  return { transitionAfter: Duration.days(days), storageClass: new s3.StorageClass(storageClass) };
}

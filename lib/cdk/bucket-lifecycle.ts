import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { type LifecycleRule, lifecycleRules } from '../config/lifecycle.ts';
import type { RetentionPolicy } from '../config/retention.ts';

/** The rules of lib/config/lifecycle.ts, which the plan and the tests of retention reckon with, as CDK takes them. */
export function lifecycleOf(policy: RetentionPolicy): s3.LifecycleRule[] {
  return lifecycleRules(policy).map(ruleOf);
}

function ruleOf(rule: LifecycleRule): s3.LifecycleRule {
  const { id, prefix, tag, expirationDays, noncurrentDays, transition, abortUploadsAfterDays } = rule;
  return {
    id,
    ...(prefix === undefined ? {} : { prefix }),
    ...(tag ? { tagFilters: { [tag.key]: tag.value } } : {}),
    ...(expirationDays === undefined ? {} : { expiration: Duration.days(expirationDays) }),
    ...(noncurrentDays === undefined ? {} : { noncurrentVersionExpiration: Duration.days(noncurrentDays) }),
    ...(transition ? { transitions: [transitionTo(transition)] } : {}),
    ...(abortUploadsAfterDays === undefined
      ? {}
      : { abortIncompleteMultipartUploadAfter: Duration.days(abortUploadsAfterDays) }),
    ...(rule.expiredDeleteMarkers ? { expiredObjectDeleteMarker: true } : {}),
  };
}

function transitionTo({ days, storageClass }: NonNullable<LifecycleRule['transition']>): s3.Transition {
  return { transitionAfter: Duration.days(days), storageClass: new s3.StorageClass(storageClass) };
}

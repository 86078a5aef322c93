import { OffsiteError } from '../base/errors.ts';
import type { Keys } from '../base/ports.ts';
import { DENIALS, type ExpectedProtection } from '../config/expected-protection.ts';
import { type LifecycleRule, lifecycleRules } from '../config/lifecycle.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import type { Deps } from '../deps.ts';
import type { BucketSettings } from '../storage/bucket-settings.ts';
import type { Finding } from './findings.ts';

type ProtectionDeps = Pick<Deps, 'archive' | 'keys'>;

/**
 * The bucket's settings and its key against the configuration. Of one manager of an installation only, which its rules
 * say: the bucket is one, and one message a day is enough.
 */
export async function judgeProtection(rules: ManagerRules, deps: ProtectionDeps): Promise<Finding[]> {
  const { protection } = rules;
  const { keys } = deps;
  if (!protection || !keys) return [];
  try {
    const settings = await deps.archive.settings();
    return [...judgeBucket(settings, rules, protection), ...(await judgeKey(settings, keys))];
  } catch (error) {
    if (!(error instanceof OffsiteError)) throw error;
    const message = `The protection of ${deps.archive.place} was not compared: ${error.message}`;
    return [{ kind: 'ProtectionNotSeen', about: deps.archive.bucketName, message }];
  }
}

/** The same of the bucket alone, for whom KMS cannot be reached, and for any manager. */
export async function bucketFindings(rules: ManagerRules, { archive }: Pick<Deps, 'archive'>): Promise<Finding[]> {
  const expected = { lock: rules.lock !== undefined, replication: rules.isReplicated === true };
  return judgeBucket(await archive.settings(), rules, expected);
}

function judgeBucket(settings: BucketSettings, { retention }: ManagerRules, expected: ExpectedProtection): Finding[] {
  return [...judgeSettings(settings, expected), ...judgeLifecycle(settings, lifecycleRules(retention))];
}

const changed = (about: string, message: string): Finding => ({
  kind: 'ProtectionChanged',
  about,
  message: `${message} Deploy again to set it back, and find out in CloudTrail who changed it.`,
});

function judgeSettings(settings: BucketSettings, expected: ExpectedProtection): Finding[] {
  const { versioning, lock, replication, isPrivate, policy } = settings;
  const denied = new Set(policy.filter(({ Effect }) => Effect === 'Deny').map(({ Sid }) => Sid));
  const missing = DENIALS.filter((sid) => !denied.has(sid));
  const tls = policy.some(
    ({ Effect, Condition }) => Effect === 'Deny' && Condition?.['Bool']?.['aws:SecureTransport'] !== undefined,
  );
  const allowed = policy.filter(({ Effect }) => Effect === 'Allow').length;
  return [
    ...(versioning === 'Enabled'
      ? []
      : [changed('versioning', `The bucket's versioning is ${versioning ?? 'off'}: what is overwritten is lost.`)]),
    ...(expected.lock && !lock
      ? [changed('lock', 'Object Lock of the bucket is off, and the configuration has it.')]
      : []),
    ...(expected.replication && !replication
      ? [changed('replication', 'The bucket has no replication that is enabled, and the configuration has one.')]
      : []),
    ...(isPrivate ? [] : [changed('public access', 'Public access to the bucket is not blocked completely.')]),
    ...(missing.length > 0 || !tls
      ? [
          changed(
            'policy',
            `The bucket's policy lacks what denies: ${[...missing, ...(tls ? [] : ['requests without TLS'])].join(', ')}.`,
          ),
        ]
      : []),
    ...(allowed > 0
      ? [
          changed(
            'policy allows',
            `The bucket's policy allows something in ${allowed} statements; that of the stack allows nothing.`,
          ),
        ]
      : []),
  ];
}

/** One text for a rule, of ours and as S3 has it, whatever else S3 says of it. */
function textOf(rule: Partial<LifecycleRule>): string {
  const { prefix, tag, expirationDays, noncurrentDays, transition, abortUploadsAfterDays, expiredDeleteMarkers } = rule;
  return JSON.stringify([
    prefix || undefined,
    tag && [tag.key, tag.value],
    expirationDays,
    noncurrentDays,
    transition && [transition.days, transition.storageClass],
    abortUploadsAfterDays,
    expiredDeleteMarkers || undefined,
  ]);
}

function judgeLifecycle({ lifecycle }: BucketSettings, expected: readonly LifecycleRule[]): Finding[] {
  const seen = new Map(lifecycle.map((rule) => [rule.ID ?? '', rule]));
  const wrong = expected.filter((rule) => {
    const found = seen.get(rule.id);
    return found?.Status !== 'Enabled' || textOf(ruleOf(found)) !== textOf(rule);
  });
  const ours = new Set(expected.map(({ id }) => id));
  const strange = [...seen.values()].filter(({ ID = '', Status }) => Status === 'Enabled' && !ours.has(ID));
  return [
    ...(wrong.length > 0
      ? [
          changed(
            'lifecycle',
            `Lifecycle rules of the bucket are missing, disabled or changed: ${wrong.map(({ id }) => id).join(', ')}.`,
          ),
        ]
      : []),
    ...(strange.length > 0
      ? [
          changed(
            'lifecycle, other rules',
            `The bucket has lifecycle rules that are not of the stack, and may end archives: ${strange.map(({ ID = 'one without a name' }) => ID).join(', ')}.`,
          ),
        ]
      : []),
  ];
}

function ruleOf(rule: BucketSettings['lifecycle'][number]): Partial<LifecycleRule> {
  const {
    Filter = {},
    Expiration,
    NoncurrentVersionExpiration,
    Transitions = [],
    AbortIncompleteMultipartUpload,
  } = rule;
  const [transition] = Transitions;
  const tag = Filter.Tag ?? Filter.And?.Tags?.[0];
  return {
    prefix: Filter.Prefix ?? Filter.And?.Prefix ?? rule.Prefix,
    tag: tag && { key: tag.Key ?? '', value: tag.Value ?? '' },
    expirationDays: Expiration?.Days,
    noncurrentDays: NoncurrentVersionExpiration?.NoncurrentDays,
    transition: transition && { days: transition.Days ?? 0, storageClass: transition.StorageClass ?? '' },
    abortUploadsAfterDays: AbortIncompleteMultipartUpload?.DaysAfterInitiation,
    expiredDeleteMarkers: Expiration?.ExpiredObjectDeleteMarker,
  } as Partial<LifecycleRule>;
}

async function judgeKey({ key }: BucketSettings, keys: Keys): Promise<Finding[]> {
  const ours = keys.archiveKey;
  const found =
    key === ours
      ? []
      : [changed('encryption', `The bucket encrypts with ${key ?? 'no key of KMS'} by default, and not with ${ours}.`)];
  const state = await keys.stateOf(ours);
  if (state === 'Enabled') return found;
  const message = `The key ${ours} is ${state}. Without it no archive can be read: cancel its deletion or enable it now, and find out in CloudTrail who did that.`;
  return [...found, { kind: 'KeyInDanger', about: ours, message }];
}

import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Why a rule of cdk-nag (AwsSolutions) is not followed at one place. test/stack/nag.test.ts finds every other. */
const REASONS = {
  'prefixes of the table': {
    rule: 'AwsSolutions-IAM5',
    reason:
      'Wildcards stand for the objects of one prefix, the secrets of one stack, the executions of its machines; Resource * only where AWS knows no ARN: traces, network interfaces before they are made. test/stack/permissions.test.ts holds every policy to the table of steps.',
  },
  'logs and traces of machines': {
    rule: 'AwsSolutions-IAM5',
    reason: 'Log deliveries and traces have no ARN (aws: Step Functions, logging and X-Ray policies).',
  },
  'objects of the bucket': {
    rule: 'AwsSolutions-IAM5',
    reason: 'Replication copies every object of this one bucket to one other.',
  },
  'a queue of dead letters': {
    rule: 'AwsSolutions-SQS3',
    reason: 'It is a dead-letter queue itself, of EventBridge Scheduler, and an alarm watches it.',
  },
  'credentials of a manager': {
    rule: 'AwsSolutions-SMG4',
    reason:
      'Only the manager can change these credentials, and a restore may bring old ones back; how to change them is in docs/reference/secret.md.',
  },
} as const;

/** Says at a construct, for all below it, why one rule does not hold there. */
export function notFollowed(at: IConstruct, why: keyof typeof REASONS): void {
  const { rule, reason } = REASONS[why];
  Validations.of(at).acknowledge({ id: rule, reason });
}

/** The same for the wildcards in these resources of a policy, and for no other that may come in later. */
export function wildcards(at: IConstruct, why: keyof typeof REASONS, resources: readonly string[]): void {
  const { rule, reason } = REASONS[why];
  const found = resources
    .map((resource) => flatten(Stack.of(at).resolve(resource)))
    .filter((text) => text.includes('*'));
  for (const text of new Set(found)) Validations.of(at).acknowledge({ id: `${rule}[Resource::${text}]`, reason });
}

/** As cdk-nag writes what only CloudFormation knows: `<Bucket.Arn>/archives/*`. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  const [separator, parts] = join as [string, unknown[]];
  return parts.map(flatten).join(separator);
}

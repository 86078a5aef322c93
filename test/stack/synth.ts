import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FAIL_SYNTH_ON_VALIDATION_ERRORS_CONTEXT } from 'aws-cdk-lib/cx-api';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { OffsiteStack } from '../../lib/cdk/offsite-stack.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';

export interface Synthesized {
  readonly app: App;
  readonly stack: Stack;
  readonly template: Template;
}

/** The stack of a configuration, as `cdk synth` would make it. Takes about a second: share it between tests. */
export function synthesize(config: object): Synthesized {
  // What is too large is looked at by tests, and ends no synth of theirs: limit-check.test.ts.
  const context = { ...FLAGS, [FAIL_SYNTH_ON_VALIDATION_ERRORS_CONTEXT]: false };
  const app = new App({ context, analyticsReporting: false });
  const stack = new OffsiteStack(app, 'offsite', { config: parseConfig(config) });
  return { app, stack, template: Template.fromStack(stack) };
}

/** As little as there can be, and all that can be switched on. */
export const SMALLEST = { managers: [{ id: 'prod' }] };
export const EVERYTHING = {
  name: 'lab-7',
  managers: [
    { id: 'prod', timeZone: 'Europe/Berlin', schedule: 'cron(30 4 * * ? *)', drill: { onto: 'practice' } },
    { id: 'practice', schedule: null, drillTarget: true, secret: { id: 'cloudify/practice' } },
    {
      id: 'far',
      timeZone: 'Asia/Tokyo',
      group: 'east',
      schedule: 'cron(0 5 ? * 7 *)',
      flexibleMinutes: 0,
      secret: {
        id: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:cloudify/far-AbCdEf',
        kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      },
    },
  ],
  storage: {
    bucketName: 'archives-of-lab-7',
    objectLock: { days: 14 },
    replication: {
      bucket: 'copies-of-lab-7',
      region: 'eu-west-1',
      account: '444455556666',
      kmsKeyArn: 'arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
  },
  network: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
  notifications: { emails: ['ops@example.com'] },
  concurrency: { CopySpan: 8 },
};

/** A resource of a template, as far as the tests look at it. */
export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties: Record<string, unknown>;
}

export function resourcesOf({ template }: Synthesized, type?: string): Record<string, Resource> {
  const all = template.toJSON()['Resources'] as Record<string, Resource>;
  return Object.fromEntries(Object.entries(all).filter(([, resource]) => type === undefined || resource.Type === type));
}

/** What only CloudFormation knows, as text: `<Bucket.Arn>/archives/*`. Of objects and lists: JSON with such texts. */
export function plain(value: unknown): string {
  const made = written(value);
  return typeof made === 'string' ? made : JSON.stringify(made);
}

function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(written).join(join[0] as string);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, written(inner)]));
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: object;
}

/** The statements of a policy, one text or many always as many, in order. */
export function statementsOf(document: unknown): Statement[] {
  const { Statement: statements } = written(document) as { Statement: Record<string, unknown>[] };
  const many = (value: unknown) => ([] as string[]).concat(value as string | string[]).sort();
  return statements.map(({ Sid, Effect, Action, Resource, Condition }) => ({
    ...(Sid ? { Sid: Sid as string } : {}),
    Effect: Effect as 'Allow' | 'Deny',
    Action: many(Action),
    Resource: many(Resource),
    ...(Condition ? { Condition: Condition as object } : {}),
  }));
}

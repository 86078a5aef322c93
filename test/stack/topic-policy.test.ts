import { expect, test } from 'vitest';
import { resourcesOf, SMALLEST, synthesize } from './synth.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal: { readonly Service?: string };
  readonly Action: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

const synthesized = synthesize(SMALLEST);

/** What a resource policy allows a service of AWS. */
function allowed(type: string, property: string, service: string): Statement[] {
  const policies = Object.values(resourcesOf(synthesized, type)).map(
    ({ Properties }) => (Properties[property] as { Statement: Statement[] }).Statement,
  );
  const of = ({ Effect, Principal }: Statement) =>
    Effect === 'Allow' && Principal.Service === `${service}.amazonaws.com`;
  return policies.flat().filter(of);
}

// EventBridge meets no condition about the source: with one the notices of stopped executions are lost in silence.
test('EventBridge may publish to the topic, whose policy puts no condition on it', () => {
  const statements = allowed('AWS::SNS::TopicPolicy', 'PolicyDocument', 'events');
  expect(statements).toMatchObject([{ Action: 'sns:Publish' }]);
  expect(statements[0]).not.toHaveProperty('Condition');
});

test('EventBridge may use the key, for topics of this account, on no condition that it cannot meet', () => {
  const [statement, ...more] = allowed('AWS::KMS::Key', 'KeyPolicy', 'events');
  expect(more).toEqual([]);
  expect(statement?.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  const conditions = Object.values(statement?.Condition ?? {}).flatMap(Object.keys);
  expect(conditions).toEqual(['kms:EncryptionContext:aws:sns:topicArn']);
});

test('alarms may publish, and use the key', () => {
  expect(allowed('AWS::SNS::TopicPolicy', 'PolicyDocument', 'cloudwatch')).toMatchObject([
    { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } },
  ]);
  expect(allowed('AWS::KMS::Key', 'KeyPolicy', 'cloudwatch')).toHaveLength(1);
});

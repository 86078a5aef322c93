import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { measure, tooLarge } from '../../lib/cdk/measure.ts';
import { SERVICE_LIMITS } from '../../lib/cdk/service-limits.ts';
import { EVERYTHING, synthesize } from './synth.ts';

/** The findings about a template of one resource, or with the outputs and parameters that are given. */
function foundIn(template: object) {
  const folder = mkdtempSync(join(tmpdir(), 'service-limits-'));
  writeFileSync(join(folder, 'a.template.json'), JSON.stringify({ Resources: {}, ...template }));
  return tooLarge(measure(folder)).map(({ name, message }) => `${name}: ${message}`);
}
const one = (Type: string, Properties: object) => foundIn({ Resources: { Mine: { Type, Properties } } });
/** A document of exactly so many characters. */
const policy = (length: number) => ({ Sid: 'x'.repeat(length - '{"Sid":""}'.length) });
const dashboard = (...widgets: object[]) => ({ DashboardBody: { 'Fn::Join': ['', [JSON.stringify({ widgets })]] } });
const many = (length: number) => Array.from({ length }, () => ['AWS/States', 'ExecutionTime']);
const metrics = (length: number) => ({ type: 'metric', properties: { metrics: many(length) } });
const alarms = (length: number) => ({ type: 'alarm', properties: { alarms: many(length) } });

describe('what a service would refuse in the middle of a deployment', () => {
  test.each<[string, (size: number) => object, number, RegExp]>([
    ['AWS::IAM::ManagedPolicy', (size) => ({ PolicyDocument: policy(size) }), 6144, /^PolicyTooLarge: .*; IAM takes/],
    ['AWS::KMS::Key', (size) => ({ KeyPolicy: policy(size) }), 32_768, /^PolicyTooLarge: .*; KMS takes/],
    ['AWS::S3::BucketPolicy', (size) => ({ PolicyDocument: policy(size) }), 20_480, /^PolicyTooLarge: .*; S3 takes/],
    [
      'AWS::SecretsManager::ResourcePolicy',
      (size) => ({ ResourcePolicy: policy(size) }),
      ...([20_480, /^PolicyTooLarge: .*; Secrets Manager takes/] as const),
    ],
    ['AWS::SNS::TopicPolicy', (size) => ({ PolicyDocument: policy(size) }), 30_720, /^PolicyTooLarge: .*; SNS takes/],
    ['AWS::Events::Rule', (size) => ({ EventPattern: policy(size) }), 2048, /^PatternTooLarge: .*; EventBridge takes/],
    [
      'AWS::StepFunctions::StateMachine',
      (size) => ({ DefinitionString: 'x'.repeat(size) }),
      ...([1_048_576, /^DefinitionTooLarge: .*; Step Functions takes/] as const),
    ],
    [
      'AWS::CloudWatch::Dashboard',
      (n) => dashboard(...many(n).map(() => ({}))),
      500,
      /^DashboardTooLarge: .* widgets;/,
    ],
    ['AWS::CloudWatch::Dashboard', (n) => dashboard(metrics(n)), 500, /^DashboardTooLarge: .* metrics in one widget;/],
    [
      'AWS::CloudWatch::Dashboard',
      (n) => dashboard(...many(5).map(() => metrics(500)), metrics(n - 2500)),
      ...([2500, /^DashboardTooLarge: .* metrics;/] as const),
    ],
    ['AWS::CloudWatch::Dashboard', (n) => dashboard(alarms(n)), 100, /^DashboardTooLarge: .* alarms in one widget;/],
  ])('%s is named with its size, and at the limit is not', (type, made, most, named) => {
    // A definition that is too long makes its template too long as well.
    const found = (size: number) => one(type, made(size)).filter((text) => !text.startsWith('TemplateTooLarge'));
    expect(found(most)).toEqual([]);
    expect(found(most + 1)).toEqual([expect.stringMatching(named)]);
    expect(found(most + 1)[0]).toContain(`${type} Mine in a.template.json has up to ${most + 1} `);
    expect(SERVICE_LIMITS.map((limit) => limit.type)).toContain(type);
  });

  test.each(['Outputs', 'Parameters'])('%s of a template are 200', (section) => {
    const of = (length: number) => Object.fromEntries(many(length).map((_, at) => [`A${at}`, {}]));
    expect(foundIn({ [section]: of(200) })).toEqual([]);
    expect(foundIn({ [section]: of(201) })).toEqual([
      `TooManyResources: a.template.json has 201 ${section.toLowerCase()}; CloudFormation takes 200. Give more managers a group (managers[].group), or make groups smaller.`,
    ]);
  });
});

test('with all that can be switched on, groups and the longest name there is room left everywhere', () => {
  const { app } = synthesize({ ...EVERYTHING, name: 'n'.repeat(20) });
  const measured = measure(app.synth().directory);
  expect(tooLarge(measured)).toEqual([]);
  const types = new Set(measured.map(({ what }) => /AWS::[\w:]+/.exec(what)?.[0]));
  for (const { type } of SERVICE_LIMITS)
    if (type !== 'AWS::SecretsManager::ResourcePolicy') expect([...types]).toContain(type);
}, 180_000);

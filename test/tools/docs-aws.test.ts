import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import type { Touch } from '../../lib/base/step-spec.ts';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { OffsiteStack } from '../../lib/cdk/offsite-stack.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { lintPolicy } from '../../lib/lint/policy-lint.ts';
import { steps } from '../../lib/workflow/steps.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFile(join(root, path), 'utf8');
const pages = ['tutorials/aws', 'how-to/aws-network', 'how-to/own-key', 'how-to/replication', 'how-to/add-a-manager'];
const deploy = (await Promise.all(pages.map((page) => read(`docs/${page}.md`)))).join('\n');

const jsonBlocks = (text: string) => [...text.matchAll(/^ *```json\n([\s\S]*?)^ *```/gm)].map((m) => m[1] ?? '');

test('every configuration in the pages about AWS is one, and the first ones do nothing that the policy lint would tell of', () => {
  const blocks = jsonBlocks(deploy).map((json) => JSON.parse(json) as object);
  const configurations = blocks.filter((block) => 'managers' in block);
  expect(configurations.length).toBeGreaterThan(2);
  for (const configuration of configurations)
    expect(() => parseConfig(configuration), JSON.stringify(configuration)).not.toThrow();
  for (const whole of configurations.slice(0, 2)) expect(lintPolicy(parseConfig(whole))).toEqual([]);
});

/** Services that a step calls itself, by what it touches. Everything else of storage is S3. */
const SERVICES: Partial<Record<Touch, string>> = {
  'secret:read': 'Secrets Manager',
  'executions:describe': 'Step Functions',
  'topic:publish': 'SNS',
};

function servicesOf(step: StepName): Set<string> {
  const own = steps[step].touches.filter((touch) => touch !== 'manager:http');
  return new Set(own.map((touch) => SERVICES[touch] ?? 'S3'));
}

test('docs/how-to/aws-network.md names for each endpoint the functions in the VPC that need it', () => {
  const inVpc = stepNames.filter((step) => steps[step].touches.includes('manager:http'));
  const needed = Map.groupBy(
    inVpc.flatMap((step) => [...servicesOf(step)].map((service) => ({ service, step }))),
    ({ service }) => service,
  );
  const rows = [...deploy.matchAll(/^\| ([^|]+) \| `com\.amazonaws\.[^|]*\| ([^|:]+)[^|]*\|$/gm)];
  const named = new Map(rows.map(([, service = '', names = '']) => [service, names.trim().split(', ').sort()]));
  expect(Object.fromEntries(named)).toEqual(
    Object.fromEntries([...needed].map(([service, found]) => [service, found.map(({ step }) => step).sort()])),
  );
});

type Alarm = { Properties: { AlarmName: string; AlarmDescription: string } };

let alarms: Alarm['Properties'][] = [];
let template: Template;

beforeAll(() => {
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const replication = { bucket: 'copies', region: 'eu-west-1', kmsKeyArn };
  const config = parseConfig({ name: 'x1', managers: [{ id: 'prod' }], storage: { replication } });
  template = Template.fromStack(new OffsiteStack(new App({ context: FLAGS }), 'x1', { config }));
  const found = template.findResources('AWS::CloudWatch::Alarm') as Record<string, Alarm>;
  alarms = Object.values(found).map(({ Properties }) => Properties);
});

test('every alarm is in the table of the runbook under its name, and the table has no other', async () => {
  const page = await read('docs/runbook/alarms.md');
  const named = [...page.matchAll(/^\| (`<name>-[^|]+`) \|/gm)].flatMap(([, cell = '']) => cell.match(/<[^`]+/g));
  const real = alarms.map(({ AlarmName }) => AlarmName.replace(/^x1-/, '<name>-').replace('-prod-', '-<manager>-'));
  expect([...named].sort()).toEqual(real.sort());
});

interface Statement {
  readonly Sid: string;
  readonly Action: string[];
  readonly Principal: { readonly Service: string | string[] };
  readonly Condition: Record<string, Record<string, unknown>>;
}

test('what a key of your own must let services do is what the key of the stack lets them do', () => {
  const blocks = jsonBlocks(deploy).map((json) => JSON.parse(json) as Partial<Statement>);
  const told = blocks.find(({ Sid }) => Sid === 'AlarmsAndEventsPublish') as Statement;
  const [key] = Object.values(template.findResources('AWS::KMS::Key')) as {
    Properties: { KeyPolicy: { Statement: Statement[] } };
  }[];
  const real = key?.Properties.KeyPolicy.Statement.filter(({ Principal }) => Principal.Service !== undefined) ?? [];
  const logs = blocks.find(({ Sid }) => Sid === 'LogsEncrypt') as Statement;
  const ofLogs = real.splice(
    real.findIndex(({ Sid }) => Sid === 'LogsEncrypt'),
    1,
  );
  expect(real.map(({ Principal }) => Principal.Service).sort()).toEqual([...told.Principal.Service].sort());
  const conditionOf = ({ Condition }: Statement) =>
    Object.entries(Condition).flatMap(([how, keys]) => Object.keys(keys).map((name) => `${how} ${name}`));
  expect(ofLogs.map((one) => [one.Action, conditionOf(one)])).toEqual([[logs.Action, conditionOf(logs)]]);
  for (const statement of real) {
    expect(statement.Action).toEqual(told.Action);
    expect(conditionOf(statement)).toEqual(conditionOf(told));
  }
});

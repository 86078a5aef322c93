import { writeFile } from 'node:fs/promises';
import { stepNames } from '../lib/base/step-names.ts';
import type { Touch } from '../lib/base/step-spec.ts';
import { GRANTS, type Grant, grantsOf } from '../lib/cdk/grants.ts';
import { steps } from '../lib/workflow/steps.ts';

/** Words in place of ARNs. */
const WORDS = {
  bucket: '<bucket>',
  key: '<key>',
  topic: '<topic>',
  secrets: ['<secrets of managers>'],
  secretKeys: ['<keys of imported secrets>'],
  executions: ['<executions of our machines>'],
  region: '<region>',
  inVpc: true,
};

const INTRO = `# Permissions

Made from the table of steps (\`lib/workflow/steps.ts\`) and what its words are worth (\`lib/cdk/grants.ts\`) by \`node
tools/list-permissions.ts\`; a test holds it to both. Every step is a function with a role of its own. Tests prove that the
policies of the stack are these and no others, and that they are enough: exports, restores and verifications run against
a store that refuses everything else.

- \`<bucket>\` is the bucket of archives, \`<key>\` the key that encrypts it. A key is only used through a service
  (\`kms:ViaService\`), never by itself.
- \`<secrets of managers>\` are those whose names begin with \`<name>/managers/\`, and the imported ones.
- A list is always of the whole bucket, and of names only: without it S3 answers 403 for what is not there, and "not
  there" is what the whole records is built on.
- Nobody has a right to change the bucket, its policy or its lifecycle, to bypass Object Lock, or to remove a version of
  an archive, but for FindManager and CleanUp, which remove what no manifest names.
`;

const BEYOND = `## Beyond the table

| Who | May | On | Why |
| --- | --- | --- | --- |
| every step | \`logs:CreateLogStream\`, \`logs:PutLogEvents\` | the log group of the functions | its log |
| every step | \`xray:PutTelemetryRecords\`, \`xray:PutTraceSegments\` | \`*\` | traces have no ARN |
| each state machine | \`lambda:InvokeFunction\` | the functions that it names | its steps |
| each state machine | \`logs:*LogDelivery\` and the like, \`xray:Put*\`, \`xray:GetSampling*\` | \`*\` | its log and trace; they have no ARN |
| EventBridge Scheduler | \`states:StartExecution\`, \`lambda:InvokeFunction\`, \`sqs:SendMessage\` | our state machines, the functions that run without one, the dead-letter queue | schedules of our group only |
| EventBridge, CloudWatch | \`sns:Publish\`, and the key for it | the topic | alarms, of this account only; events meet no condition in a topic's policy. The key for topics of this account only |
| S3, if there is a replication | to read versions here, to replicate them there | the two buckets and their keys | copies |
`;

export function permissionsPage(): string {
  return [INTRO, byStep(), byWord(), BEYOND].join('\n');
}

function byStep(): string {
  const rows = stepNames.map((step) => {
    const { touches, purpose } = steps[step];
    return `| ${step} | ${purpose} | ${touches.length === 0 ? 'nothing' : touches.map((touch) => `\`${touch}\``).join(', ')} |`;
  });
  return ['## What each step may do', '', '| Step | It | May |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function byWord(): string {
  const used = new Set(stepNames.flatMap((step) => steps[step].touches));
  const rows = (Object.keys(GRANTS) as Touch[])
    .filter((touch) => used.has(touch))
    .flatMap((touch) =>
      grantsOf([touch], WORDS).map(
        (grant, i) => `| ${i === 0 ? `\`${touch}\`` : ''} | ${cellsOf(grant).join(' | ')} |`,
      ),
    );
  const head = ['| Word | Actions | On | Only |', '| --- | --- | --- | --- |'];
  const note =
    '`manager:http` grants nothing unless `network` is configured; then Lambda needs it, and the code is denied it.';
  return ['## What each word grants', '', ...head, ...rows, '', note, ''].join('\n');
}

function cellsOf({ actions, resources, conditions = {} }: Grant): string[] {
  const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');
  const only = Object.values(conditions).flatMap((one) => Object.values(one).flat());
  return [code(actions), code(resources), only.length > 0 ? `through ${code(only as string[])}` : ''];
}

if (import.meta.main) await writeFile(new URL('../docs/permissions.md', import.meta.url), permissionsPage());

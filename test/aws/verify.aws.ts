import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isFull } from '../support/sampled.ts';
import { siteTemplate } from '../verify-aws/site-template.ts';
import { call } from './call.ts';
import { ACCOUNT, type Emulator, startEmulator } from './emulator.ts';
import { root } from './install.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ mended: true });
});
afterAll(async () => await emulator?.stop());

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly name: () => string;
  readonly ended: Promise<number | null>;
}

/** The command of docs/how-to/verify-in-aws.md, against the emulator of this file. */
function verify(words: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const program = join(root, 'test', 'verify-aws', 'main.ts');
  const child = spawn('node', [program, ...words], { cwd: emulator.dir, env: { ...emulator.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, said: () => said, name: () => /verify-[a-z0-9]{6}/.exec(said)?.[0] ?? '', ended };
}

async function says({ said, ended }: Running, text: string): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!said().includes(text)) {
    if (isOver) throw new Error(`It never said "${text}":\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What is in the account that costs something or is in the way. */
async function left() {
  const { StackSummaries } = await call(emulator, 'cloudformation', 'ListStacks');
  const { Buckets } = await call(emulator, 's3', 'ListBuckets');
  const { Functions } = await call(emulator, 'lambda', 'ListFunctions');
  const { SecretList } = await call(emulator, 'secretsmanager', 'ListSecrets');
  const { Keys } = await call(emulator, 'kms', 'ListKeys');
  const states = Keys.map(async ({ KeyId }: { KeyId: string }) => {
    return (await call(emulator, 'kms', 'DescribeKey', { KeyId })).KeyMetadata.KeyState;
  });
  return {
    stacks: StackSummaries.filter(({ StackStatus }: { StackStatus: string }) => StackStatus !== 'DELETE_COMPLETE'),
    ...{ buckets: Buckets, functions: Functions, secrets: SecretList },
    keys: (await Promise.all(states)).filter((state) => state !== 'PendingDeletion'),
  };
}
/** A minute or two each: with OFFSITE_TEST_FULL. */
const full = test.skipIf(!isFull);
const NOTHING = { stacks: [], buckets: [], functions: [], secrets: [], keys: [] };

describe('npm run verify:aws', () => {
  test('deploys, exports, restores, looks at what is promised, and removes everything', async () => {
    const file = join(emulator.dir, 'report.json');
    const run = verify(['--emulator', '--yes', '--minutes', '2', '--report', file]);
    expect(await run.ended, run.said()).toBe(0);
    const { outcome, checks, left: behind, name } = JSON.parse(await readFile(file, 'utf8'));
    expect({ outcome, behind, name }).toEqual({ outcome: 'ok', behind: [], name: run.name() });
    const by = (wanted: string) => checks.filter((one: { outcome: string }) => one.outcome === wanted);
    // What the emulator cannot show: dates of expiration, and two states of alarms.
    expect(by('not checked').map(({ check }: { check: string }) => check)).toHaveLength(3);
    expect(by('ok').length).toBe(checks.length - 3);
    expect(run.said()).toMatch(/an archive is restored to an empty manager, and proven .*no differences/);
    expect(await left()).toEqual(NOTHING);
  }, 500_000);

  full('removes everything after Ctrl-C', async () => {
    const run = verify(['--emulator', '--yes']);
    await says(run, 'fails by name');
    run.child.kill('SIGINT');
    expect(await run.ended, run.said()).toBe(1);
    expect(run.said()).toContain('Interrupted: tearing down.');
    expect(await left()).toEqual(NOTHING);
  });

  full('removes with --tear-down what a killed run has left, and nothing of another', async () => {
    const run = verify(['--emulator', '--yes']);
    await says(run, 'fails by name');
    run.child.kill('SIGKILL');
    await run.ended;
    const other = verify(['--emulator', '--yes', '--tear-down', 'verify-000000']);
    expect(await other.ended, other.said()).toBe(0);
    expect((await left()).stacks).toHaveLength(2);
    const again = verify(['--emulator', '--yes', '--tear-down', run.name()]);
    expect(await again.ended, again.said()).toBe(0);
    expect(await left()).toEqual(NOTHING);
  });

  test('does nothing if the credentials are of another account than the one that was named', async () => {
    const credentials = join(emulator.dir, 'credentials');
    await writeFile(credentials, '[mine]\naws_access_key_id = test\naws_secret_access_key = test\n');
    const words = ['--profile', 'mine', '--account', '222233334444', '--region', 'eu-central-1', '--yes'];
    const run = verify(words, { AWS_SHARED_CREDENTIALS_FILE: credentials });
    expect(await run.ended, run.said()).toBe(2);
    expect(run.said()).toContain(`Profile mine is of account ${ACCOUNT}, not of 222233334444. Nothing was done.`);
    expect(await left()).toEqual(NOTHING);
  });
});

test('the site with its network is a template that can be deployed', async () => {
  const cloudformation = new CloudFormationClient(emulator.client);
  const StackName = 'verify-trial0-site';
  const template = JSON.parse(siteTemplate({ name: 'verify-trial0', account: ACCOUNT, hasInstance: true }));
  // The emulator does not know the newest image of Amazon Linux.
  template.Parameters.Image = { Type: 'String', Default: 'ami-0123456789abcdef0' };
  // Nor instances: cfn-lint looks at this one (npm run lint:aws).
  const { Instance, ...Resources } = template.Resources;
  expect(Instance.Type).toBe('AWS::EC2::Instance');
  const TemplateBody = JSON.stringify({ ...template, Resources });
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_IAM'] }));
  for (;;) {
    const { Stacks } = await call(emulator, 'cloudformation', 'DescribeStacks', { StackName });
    const [{ StackStatus, Outputs }] = Stacks;
    if (StackStatus === 'CREATE_IN_PROGRESS') continue;
    expect(StackStatus).toBe('CREATE_COMPLETE');
    expect(Outputs.map(({ OutputKey }: { OutputKey: string }) => OutputKey).sort()).toEqual([
      'CopiesKeyArn',
      'Group',
      'Subnet',
    ]);
    break;
  }
});

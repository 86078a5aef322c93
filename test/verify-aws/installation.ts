import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { OffsiteConfigInput } from '../../lib/config/offsite-config.ts';
import { notSoon } from '../support/not-soon.ts';
import type { Account } from './account.ts';
import { makeManagers } from './managers.ts';
import { assetsOf, copiesOf, siteTemplate } from './site-template.ts';
import { Stacks } from './stacks.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** What was deployed, and the ways to it. */
export interface Installation {
  readonly account: Account;
  readonly name: string;
  readonly bucket: string;
  readonly copies: string;
  /** Puts the credentials of a manager where its functions look. */
  storeSecret(manager: 'prod' | 'spare'): Promise<void>;
  /** One command line with `--json`. Throws with what it said unless it ends with the code that is wanted. */
  // biome-ignore lint/suspicious/noExplicitAny: the documents have schemas of their own, in docs
  offsite(code: number, ...words: readonly string[]): Promise<any>;
}

interface Deploying {
  readonly account: Account;
  readonly name: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Makes the site and then the installation, from the release template, as whoever has no CDK would. */
export async function deploy({ account, name, folder, signal, say }: Deploying): Promise<Installation> {
  const stacks = new Stacks(account);
  const site = { name, account: account.id };
  const hasInstance = !account.isEmulator;
  say(`the site: a bucket for files, one for copies${hasInstance ? ', a VPC with an instance' : ''}`);
  const template = { TemplateBody: siteTemplate({ ...site, hasInstance }) };
  const made = await stacks.create(`${name}-site`, { template }, signal);
  const managers = await makeManagers(account, folder);
  const assets = assetsOf(site);
  if (hasInstance) for (const [key, file] of Object.entries(managers.files)) await upload(account, assets, key, file);
  const network = hasInstance && { network: { subnetIds: [made['Subnet']], securityGroupIds: [made['Group']] } };
  const replication = { bucket: copiesOf(site), region: account.region, kmsKeyArn: made['CopiesKeyArn'] ?? '' };
  const config = { ...configOf(name), ...network, storage: { ...LOCK, replication } };
  say('the installation, from its release template');
  const TemplateURL = await release({ account, assets, folder, config, signal });
  const { BucketName } = await stacks.create(
    name,
    { template: { TemplateURL }, parameters: { AssetBucket: assets } },
    signal,
  );
  return {
    ...{ account, name, bucket: BucketName ?? '', copies: copiesOf(site) },
    storeSecret: async (manager) => {
      const SecretString = JSON.stringify(managers.secrets[manager]);
      const SecretId = `${name}/managers/${manager}`;
      await new SecretsManagerClient(account.client).send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
    offsite: async (code, ...words) => await offsite({ account, name, folder, signal }, code, words),
  };
}

const LOCK = { objectLock: { mode: 'governance', days: 1 } };

function configOf(name: string) {
  return {
    ...{ version: 2, name },
    managers: [
      { id: 'prod', schedule: notSoon() },
      { id: 'spare', schedule: null, drillTarget: true, restoreFrom: ['prod'] },
    ],
  } satisfies OffsiteConfigInput;
}

interface Releasing extends Pick<Deploying, 'account' | 'folder' | 'signal'> {
  readonly assets: string;
  readonly config: object;
}

/** Writes template and files, uploads them, and gives the address of the template. */
async function release({ account, assets, folder, config, signal }: Releasing): Promise<string> {
  const file = join(folder, 'offsite.json');
  await writeFile(file, JSON.stringify(config));
  const out = join(folder, 'release');
  await run(process.execPath, [join(root, 'tools/release/main.ts'), '--config', file, '--out', out], { signal });
  const names = await readdir(out);
  for (const name of names) {
    if (name.endsWith('.json')) await letGo(join(out, name));
    await upload(account, assets, name, join(out, name));
  }
  return account.urlOf(assets, names.find((name) => name.endsWith('.template.json')) ?? '');
}

/** The only difference to what a user deploys: what outlives a stack goes with this one. */
async function letGo(file: string): Promise<void> {
  const template = JSON.parse(await readFile(file, 'utf8'));
  for (const resource of Object.values<Record<string, unknown>>(template.Resources)) {
    if (resource['DeletionPolicy'] !== undefined) resource['DeletionPolicy'] = 'Delete';
    if (resource['UpdateReplacePolicy'] !== undefined) resource['UpdateReplacePolicy'] = 'Delete';
    if (resource['Type'] === 'AWS::KMS::Key')
      Object.assign(resource['Properties'] as object, { PendingWindowInDays: 7 });
  }
  await writeFile(file, JSON.stringify(template));
}

async function upload({ client }: Account, Bucket: string, Key: string, file: string): Promise<void> {
  await new S3Client(client).send(new PutObjectCommand({ Bucket, Key, Body: createReadStream(file) }));
}

async function offsite(
  { account, name, folder, signal }: Pick<Deploying, 'account' | 'name' | 'folder' | 'signal'>,
  wantedCode: number,
  words: readonly string[],
) {
  // What it remembers of keys is nobody else's.
  const env = { ...account.env, OFFSITE_INSTALLATION: name, XDG_STATE_HOME: folder };
  const program = [join(root, 'bin/offsite.ts'), ...words, '--json'];
  const { code, stdout, stderr } = await run(process.execPath, program, {
    env,
    signal,
    maxBuffer: 64 * 1024 ** 2,
  }).then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  signal.throwIfAborted();
  if (code !== wantedCode) throw new Error(`offsite ${words.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return JSON.parse(stdout);
}

import { execFile } from 'node:child_process';
import { appendFile, copyFile, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startLocalS3 } from '../../folder-s3/server.ts';
import { ReportWorld } from './world.ts';

/** What docs/how-to/report.md gives an auditor, run as it stands there: only names of files and the bucket are put in. */
const page = await readFile(new URL('../../docs/how-to/report.md', import.meta.url), 'utf8');
const blockOf = (place: string) =>
  new RegExp(`\`\`\`sh not run: an audit of a ${place},[^\\n]*\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';

/**
 * In place of the command line of AWS, which is not on every machine: the same words, by the SDK. Any other words end it.
 */
const AWS = `#!${process.execPath}
const [, , ...words] = process.argv;
const [service, action, bucketWord, Bucket, keyWord, Key, versionWord, VersionId, file, ...more] = words;
const named = [service, action, bucketWord, keyWord, versionWord, more.length].join(' ');
if (named !== 's3api get-object --bucket --key --version-id 0') throw new Error(words.join(' '));
const { GetObjectCommand, S3Client } = require(${JSON.stringify(createRequire(import.meta.url).resolve('@aws-sdk/client-s3'))});
const s3 = new S3Client({ region: 'us-east-1', forcePathStyle: true });
s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
  .then(async ({ Body }) => require('node:fs').writeFileSync(file, await Body.transformToByteArray()));
`;

let world: ReportWorld;
let inputs: { key: string; sha256: string }[];
beforeAll(async () => {
  const profile = {
    ...{ id: 'prod', schedule: 'cron(0 2 * * ? *)', timeZone: 'UTC', hour: 2, version: '7.0.5', bytes: 2 ** 20 },
    ...{ growth: 1, items: { tenants: 3 }, failsOneOf: 1e9, failed: [] },
  };
  world = await ReportWorld.make([profile], '2026-11-05T09:00:00.000Z', 4);
  const { out } = await world.report('--manager', 'prod', '--json');
  await writeFile(world.path('prod.json'), out);
  ({ inputs } = JSON.parse(out) as { inputs: typeof inputs });
  expect(inputs.length).toBeGreaterThan(4);
  await writeFile(world.path('aws'), AWS, { mode: 0o755 });
});
afterAll(async () => await world.remove());

async function run(block: string, env: Record<string, string> = {}): Promise<string> {
  const script = block.replaceAll('/backup/cloudify/', `${world.path('data')}/`).replaceAll('BUCKET', 'offsite');
  const bash = promisify(execFile)('bash', ['-c', script], {
    cwd: world.dir,
    env: { ...process.env, ...env, LC_ALL: 'C', PATH: `${world.dir}:${process.env['PATH']}` },
  });
  return await bash.then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }) => stdout + stderr,
  );
}

/** A server in front of the folder, as a store. By the clock of the machine, by which it is signed. */
async function store() {
  const s3 = await startLocalS3({ dir: world.path('data'), now: () => new Date() });
  const { accessKeyId, secretAccessKey } = s3.access.credentials;
  const env = { AWS_ENDPOINT_URL: s3.url, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return { env, place: ['--s3-endpoint', s3.url, '--bucket', 'offsite'], close: async () => await s3.close() };
}

async function runWithStore(): Promise<string> {
  const { env, close } = await store();
  try {
    return await run(blockOf('store'), env);
  } finally {
    await close();
  }
}

test('an auditor who follows the page finds every input of a folder and of a store as the report names it', async () => {
  expect(await run(blockOf('folder'))).toBe('');
  expect(await runWithStore()).toBe('');
});

/** Commands of a manager's page as a browser copies them. */
function commandsOf(html: string): string[] {
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return [...html.matchAll(/<pre [^>]*>([\s\S]*?)<\/pre>/g)].map(([, text = '']) =>
    text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (one) => entities[one] ?? one),
  );
}

test('the commands on the page of a manager work as they are pasted, of a folder and of a store', async () => {
  await copyFile(world.path('prod.json'), world.path('manager-prod.json'));
  await world.report('--manager', 'prod', '--html', world.path('prod.html'));
  const [one = '', all = ''] = commandsOf(await world.page('prod.html'));
  const [first] = inputs;
  expect(await run(one)).toMatch(new RegExp(`^${first?.sha256}  ${world.path('data')}/offsite/${first?.key}\n$`));
  expect(await run(all)).toBe('');
  const { env, place, close } = await store();
  try {
    const args = ['report', '--manager', 'prod', '--html', world.path('stored.html')];
    for (const [name, value] of Object.entries({ ...env, AWS_REGION: 'us-east-1' })) vi.stubEnv(name, value);
    expect((await world.offsiteAt(place, args)).err).toBe('');
    const [ofStore = '', allOfStore = ''] = commandsOf(await world.page('stored.html'));
    expect(ofStore).toMatch(/^aws s3api get-object --bucket offsite --key \S+ --version-id \S+ record\.json /);
    expect(await run(ofStore, env)).toBe(`${first?.sha256}  record.json\n`);
    expect(await run(allOfStore, env)).toBe('');
  } finally {
    vi.unstubAllEnvs();
    await close();
  }
});

test('and a record that was changed since, by its key', async () => {
  const { key } = inputs.find((one) => one.key.startsWith('manifests/')) ?? { key: '' };
  await appendFile(world.path('data', 'offsite', key), ' ');
  expect(await run(blockOf('folder'))).toContain(`${key}: FAILED`);
  expect(await runWithStore()).toContain(`${key}: differs`);
});

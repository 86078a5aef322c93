import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import { python, root } from './install.ts';

export const ACCOUNT = '111122223333';
/** Not the one that software falls back to. */
export const REGION = 'eu-central-1' as const;

export interface Emulator {
  readonly pid: number;
  /** For files of the test; goes with the emulator. */
  readonly dir: string;
  readonly endpoint: string;
  /** The CA of its certificate. */
  readonly caPem: string;
  /** Of any client of the AWS SDK; `maxAttempts` 1, so that the first answer is the one that is judged. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly maxAttempts: number;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly requestHandler: { readonly httpsAgent: Agent };
  };
  /** What any tool needs to take it for AWS. */
  readonly env: NodeJS.ProcessEnv;
  /** Calls that a policy refused, in the order in which they came: `s3:PutObject on … for …`. */
  refusals(): string[];
  /** All it wrote so far. When it has stopped it is in `.ministack/mended.log` and `.ministack/as-it-is.log`. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts the emulator on a free port of this machine, with policies enforced. `mended`: over TLS, and with the gaps of
 * emulator.py closed, so that the stack can be deployed as it is.
 */
export async function startEmulator({ mended }: { mended: boolean }): Promise<Emulator> {
  const dir = await mkdtemp(join(tmpdir(), 'ministack-'));
  const port = await freePort();
  const endpoint = `${mended ? 'https' : 'http'}://127.0.0.1:${port}`;
  const { caPem, variables } = await certificates(dir);
  // The CDK remembers in its home which keys are of which account.
  const places = { AWS_ENDPOINT_URL: endpoint, CDK_HOME: dir, PATH: pathWithNode() };
  const env = { ...process.env, ...variables, ...identity, ...places };
  const own = { TMPDIR: dir, GATEWAY_PORT: String(port), USE_SSL: mended ? '1' : '0', ...options };
  const start = [join(import.meta.dirname, 'emulator.py'), ...(mended ? ['mended'] : [])];
  // A group of its own, so that its workers can be ended with it; it ends itself when its standard input does.
  const child = spawn(python, start, { cwd: dir, env: { ...env, ...own }, detached: true });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => output.push(String(text)));
  await hasStarted(child, output);
  return {
    pid: child.pid ?? 0,
    dir,
    endpoint,
    caPem,
    client: {
      ...{ endpoint, region: REGION, maxAttempts: 1 },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: { httpsAgent: new Agent({ ca: caPem }) },
    },
    env,
    refusals: () => [...output.join('').matchAll(/^REFUSED (.*)$/gm)].map(([, what]) => what ?? ''),
    log: () => output.join(''),
    stop: async () => {
      await end(child);
      // For a person who looks for the cause of a failed test.
      await writeFile(join(root, '.ministack', `${mended ? 'mended' : 'as-it-is'}.log`), output.join(''));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const identity = {
  ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_SESSION_TOKEN: undefined, AWS_PROFILE: undefined },
  ...{ AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION },
};

const options = {
  ...{ BIND_HOST: '127.0.0.1', MINISTACK_HOST: '127.0.0.1', MINISTACK_ACCOUNT_ID: ACCOUNT, MINISTACK_REGION: REGION },
  ...{ AUTH: 'true', IOT_MTLS_ENABLED: '0', SFTP_ENABLED: '0', PYTHONUNBUFFERED: '1' },
};

/** The functions run on the `node` that is found first: the one that the product is pinned to. */
function pathWithNode(): string {
  const bins = [join(root, 'node_modules', 'node', 'bin'), join(root, 'node_modules', '.bin')];
  return [...bins, process.env['PATH']].join(':');
}

/** The bucket of `cdk bootstrap`, and ours, refuse whoever comes without TLS. */
async function certificates(dir: string) {
  const { key, cert, caPem } = makeCertificates();
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  const ca = await write('ca.pem', caPem);
  const server = { MINISTACK_SSL_CERT: await write('cert.pem', cert), MINISTACK_SSL_KEY: await write('key.pem', key) };
  // The first is for Node.js, the second for the CDK, which looks nowhere else.
  return { caPem, variables: { ...server, NODE_EXTRA_CA_CERTS: ca, AWS_CA_BUNDLE: ca } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function hasStarted(child: ChildProcess, output: readonly string[]): Promise<void> {
  for (let tenths = 0; tenths < 600 && child.exitCode === null; tenths += 1) {
    if (output.join('').includes('Running on')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await end(child);
  throw new Error(`MiniStack did not start within 60 s:\n${output.join('')}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

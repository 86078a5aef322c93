import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Credentials } from './deployment.ts';
import type { Emulator } from './emulator.ts';
import { python, root } from './install.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'call.py');

/** Calls a service for which the product has no client: `call(emulator, 'scheduler', 'GetSchedule', { Name })`. */
export async function call(emulator: Emulator, service: string, operation: string, parameters: object = {}) {
  const { stdout } = await run(python, [script, service, operation, JSON.stringify(parameters)], { env: emulator.env });
  return JSON.parse(stdout);
}

/** Runs the CDK of this repository in it: `cdk(emulator, 'deploy', '--app', …)`. Gives what it printed. */
export async function cdk(emulator: Emulator, ...parameters: string[]): Promise<string> {
  const program = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const quietly = ['--no-color', '--no-notices', '--ci'];
  // Ten times what it needs, so that it never hangs.
  const options = { cwd: root, env: emulator.env, timeout: 150_000, maxBuffer: 64 * 1024 ** 2 };
  const { stdout, stderr } = await run('node', [program, ...parameters, ...quietly], options).catch(
    (error: { stdout?: string; stderr?: string; message: string }) => {
      const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.slice(-4000) || error.message;
      throw new Error(`cdk ${parameters.join(' ')} failed:\n${said}`);
    },
  );
  return stdout + stderr;
}

/** Runs the command line, as root unless told otherwise. Gives its exit code and what it printed. */
export async function offsite({ env }: Emulator, parameters: readonly string[], as?: Credentials) {
  const program = join(root, 'bin', 'offsite.ts');
  const who = as && { AWS_ACCESS_KEY_ID: as.accessKeyId, AWS_SECRET_ACCESS_KEY: as.secretAccessKey };
  const options = { env: { ...env, ...who }, timeout: 150_000 };
  const { code, stdout, stderr } = await run('node', [program, ...parameters], options).then(
    (printed) => ({ code: 0, ...printed }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code, stdout, stderr };
}

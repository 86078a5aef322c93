import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const root = join(import.meta.dirname, '..', '..');
const requirements = join(import.meta.dirname, 'requirements.txt');
const folder = join(root, '.tools', 'cfy');

/** The vendor's command line. */
export const cfy = join(folder, 'bin', 'cfy');

/** Installs the client into `.tools/cfy`, once per version of requirements.txt: half a minute. Runs before all tests. */
export default async function install(): Promise<void> {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const marker = join(folder, 'installed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
  const python = await findPython();
  await rm(folder, { recursive: true, force: true });
  await attempt('make a virtual environment (Debian: apt install python3.11-venv)', python, ['-m', 'venv', folder]);
  const quietly = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await attempt('install cloudify 7.0.5 from PyPI', join(folder, 'bin', 'python'), [...quietly, '-r', requirements]);
  await writeFile(marker, wanted);
}

/** The client imports modules that later Pythons have dropped, and its pinned packages have wheels for this one. */
async function findPython(): Promise<string> {
  const asked = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const seen: string[] = [];
  for (const name of ['python3.11', 'python3', 'python']) {
    const version = await run(name, ['-c', asked]).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
    if (version === '3.11') return name;
    if (version !== undefined) seen.push(`${name} is ${version}`);
  }
  throw new Error(
    `npm run test:cfy needs Python 3.11, for cloudify 7.0.5, the vendor's client. ${seen.join(', ') || 'There is none on the PATH'}. Nothing was tested.`,
  );
}

async function attempt(what: string, command: string, parameters: string[]): Promise<void> {
  await run(command, parameters).catch((error: { stdout?: string; stderr?: string; message: string }) => {
    throw new Error(`${command} could not ${what}:\n${error.stdout ?? ''}${error.stderr || error.message}`);
  });
}

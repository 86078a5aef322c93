import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = join(import.meta.dirname, '..', '..');
const requirements = join(import.meta.dirname, 'requirements.txt');
const folder = join(root, '.ministack');

/** Of the environment that holds the emulator. */
export const python = join(folder, 'bin', 'python');

/** Installs the emulator into `.ministack/`, once per version of requirements.txt: about 15 s. Runs before all tests. */
export default async function install(): Promise<void> {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const marker = join(folder, 'installed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
  const system = await findPython();
  await rm(folder, { recursive: true, force: true });
  await attempt('make a virtual environment (Debian: apt install python3-venv)', system, ['-m', 'venv', folder]);
  const quietly = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  await attempt('install MiniStack from PyPI', python, [...quietly, '--no-deps', '-r', requirements]);
  await writeFile(marker, wanted);
}

async function findPython(): Promise<string> {
  const asked = 'import sys; print(int(sys.version_info >= (3, 10)), sys.version.split()[0])';
  const seen: string[] = [];
  for (const name of ['python3', 'python']) {
    const { stdout } = await run(name, ['-c', asked]).catch(() => ({ stdout: '' }));
    const [isEnough, version] = stdout.trim().split(' ');
    if (isEnough === '1') return name;
    if (version !== undefined) seen.push(`${name} is ${version}`);
  }
  throw new Error(
    `npm run test:aws needs Python 3.10 or later, for MiniStack, an emulator of AWS. ${seen.join(', ') || 'There is none on the PATH'}.`,
  );
}

async function attempt(what: string, command: string, parameters: string[]): Promise<void> {
  await run(command, parameters).catch((error: { stdout?: string; stderr?: string; message: string }) => {
    throw new Error(`${command} could not ${what}:\n${error.stdout ?? ''}${error.stderr || error.message}`);
  });
}

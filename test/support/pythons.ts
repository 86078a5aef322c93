import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Pythons of managers: 5.0 has 2.7, 5.1 to 6.4 have 3.6, 7.0 has 3.11. */
export const MANAGER_PYTHONS = ['2.7', '3.6', '3.11'] as const;
export type PythonVersion = (typeof MANAGER_PYTHONS)[number];

/** What one Python made of an archive: hex of each path to the CRC-32 of the file (-1: a folder), or why it made nothing. */
export type Extraction = { readonly tree: Record<string, number> } | { readonly error: string };

/** Commands of those of these interpreters that this machine has, on the PATH or under pyenv. */
export async function findPythons(): Promise<Map<PythonVersion, string>> {
  const found = new Map<PythonVersion, string>();
  for (const version of MANAGER_PYTHONS) {
    for (const command of [`python${version}`, ...pyenv(version)]) {
      if (found.has(version)) break;
      const code = 'import sys, zipfile; sys.stdout.write("%d.%d" % sys.version_info[:2])';
      const { stdout } = await run(command, ['-c', code]).catch(() => ({ stdout: '' }));
      if (stdout === version) found.set(version, command);
    }
  }
  return found;
}

function pyenv(version: string): string[] {
  const root = join(homedir(), '.pyenv', 'versions');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => name.startsWith(`${version}.`))
    .map((name) => join(root, name, 'bin', 'python'));
}

/** What `python` extracts from each archive. One process for all of them. */
export async function extractAll(python: string, archives: readonly Buffer[]): Promise<Extraction[]> {
  const folder = mkdtempSync(join(tmpdir(), 'extract-'));
  try {
    const file = join(folder, 'archives');
    writeFileSync(file, Buffer.concat(archives.flatMap((bytes) => [lengthOf(bytes), bytes])));
    const script = join(import.meta.dirname, 'extract-zips.py');
    const env = { ...process.env, LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1', TMPDIR: folder };
    const { stdout } = await run(python, [script, file], { env, maxBuffer: 1024 ** 3 });
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return length;
}

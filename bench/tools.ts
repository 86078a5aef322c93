import { execFileSync } from 'node:child_process';

/** Where a program is, and its first line about itself; undefined when it is not installed. */
export interface Tool {
  readonly path: string;
  readonly version: string;
}

export function findTool(name: string, versionFlag = '--version'): Tool | undefined {
  try {
    const path = realPathOf(name);
    const text = execFileSync('bash', ['-c', `'${path}' ${versionFlag} 2>&1`]).toString();
    return { path, version: text.split('\n')[0]?.trim() ?? '' };
  } catch {
    return undefined;
  }
}

/** A shim of pyenv starts a shell first, which is none of the tool's own time. */
function realPathOf(name: string): string {
  const found = execFileSync('bash', ['-c', `command -v ${name}`])
    .toString()
    .trim();
  if (!found.includes('/shims/')) return found;
  return execFileSync('pyenv', ['which', name]).toString().trim();
}

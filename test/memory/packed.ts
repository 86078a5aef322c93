import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack } from '../package/installed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The command as people install it. From the sources it takes 40 MB more: those of Node's own compiler of TypeScript. */
    readonly command: string;
  }
}

/** Packs once for all files: two at once would build in one folder. */
export default function setup(project: TestProject): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'offsite-memory-'));
  execFileSync('tar', ['-xzf', pack(dir), '-C', dir, '--strip-components', '1']);
  const command = join(dir, 'dist', 'cli', 'offsite.mjs');
  // As npm does with it.
  chmodSync(command, 0o755);
  project.provide('command', command);
  return () => rmSync(dir, { recursive: true, force: true });
}

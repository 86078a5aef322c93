import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly runFolder: string;
  }
}

/** A store flushes every record to the disk; hundreds of worlds do that faster where the disk is memory. */
export const memoryDisk = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

/** A folder for what several files of tests share. A worker is ended by a signal and cannot clear it away itself. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(memoryDisk(), 'offsite-run-'));
  provide('runFolder', folder);
  // What workers and the commands that they start compile, they compile once: 0.3 of 0.4 CPU seconds of a command, 1 of a worker.
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled');
  return () => rmSync(folder, { recursive: true, force: true });
}

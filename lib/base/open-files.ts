import { readFileSync } from 'node:fs';

/**
 * Files and connections that a process must be allowed. An export had 44 at once, failed at a limit of 40 and worked at 48;
 * below, its requests to its own server break at random places, under names that help nobody (docs/reference/limits.md).
 */
export const FEWEST_FILES = 64;

/** How many this process may have open. Only Linux shows the limit in a file; elsewhere none is known. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Number(limit ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

import { readFileSync } from 'node:fs';
import { InvalidConfiguration } from '../base/errors.ts';

/**
 * Files and connections that a process must be allowed. An export had 44 at once, failed at a limit of 40 and worked at 48;
 * below, its requests to its own server break at random places, under names that help nobody (docs/reference/limits.md).
 */
const FEWEST = 64;

/** Throws `InvalidConfiguration`. Only Linux shows the limit in a file; elsewhere 256 is the least that systems begin with. */
export function requireDescriptors(): void {
  const limit = Number(/^Max open files +(\d+)/m.exec(limits())?.[1] ?? Number.POSITIVE_INFINITY);
  if (limit >= FEWEST) return;
  throw new InvalidConfiguration(
    `This process may open ${limit} files at once, and offsite needs ${FEWEST}: raise the limit (ulimit -n) to 256 or more.`,
  );
}

function limits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

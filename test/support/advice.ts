import { expect } from 'vitest';

/** What messages advise about a disk, a quota or descriptors. */
const ADVICE = [/make room/gi, /ulimit -n/gi, /name another/gi, /check the disk/gi, /correct its permissions/gi];

/** Whoever reads the same advice twice in one line looks for the difference. */
export function expectAdviceOnce(said: string, where: string): void {
  for (const line of said.split('\n')) {
    for (const advice of ADVICE) expect(line.match(advice)?.length ?? 0, `${advice} ${where}: ${line}`).toBeLessThan(2);
  }
}

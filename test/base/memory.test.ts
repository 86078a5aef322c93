import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const { href } = new URL('../../lib/base/memory.ts', import.meta.url);

/** The most that lay in the heap of a process beside what it began with, after each of 60 documents of 1 MB, of which it holds four. */
function mostIn(flags: readonly string[], limit: string): number {
  const program = `
    const { limitGarbage } = await import(${JSON.stringify(href)});
    const text = JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ at })));
    limitGarbage();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    // Four are held until they are old: what dies young is cleared away all the time.
    const held = [];
    for (let i = 0; i < 60; i++) {
      held.push(JSON.parse(text));
      if (held.length > 4) held.shift();
      ${limit};
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    console.log(most);`;
  const args = [...flags, '--no-warnings', '--input-type=module', '-e', program];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('a process with a small heap keeps 8 MB of garbage beside what it holds, and one with a large heap does not look', () => {
  const small = ['--max-old-space-size=96', '--max-semi-space-size=2'];
  expect(mostIn(small, 'limitGarbage()')).toBeLessThan(14e6);
  expect(mostIn(small, '')).toBeGreaterThan(14e6);
  expect(mostIn(['--max-old-space-size=4096'], 'limitGarbage()')).toBeGreaterThan(14e6);
});

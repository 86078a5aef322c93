import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const { href } = new URL('../../lib/base/memory.ts', import.meta.url);

/** The most that lay in the heap of a process that reads 120 documents of 1 MB, and holds 40 of them. */
function mostIn(flags: readonly string[], limit: string): number {
  const program = `
    const { limitGarbage } = await import(${JSON.stringify(href)});
    const text = JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ at })));
    limitGarbage();
    let most = 0;
    // 40 are held until they are old: what dies young is cleared away all the time.
    const held = [];
    for (let i = 0; i < 120; i++) {
      held.push(JSON.parse(text));
      if (held.length > 40) held.shift();
      ${limit};
      most = Math.max(most, process.memoryUsage().heapUsed);
    }
    console.log(most);`;
  // With threads of its own, V8's collector is ahead on a busy machine.
  const args = [...flags, '--single-threaded', '--no-warnings', '--input-type=module', '-e', program];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('a process with a small heap keeps 8 MB of garbage beside what it holds, and one with a large heap does not look', () => {
  const small = ['--max-old-space-size=96', '--max-semi-space-size=2'];
  expect(mostIn(small, 'limitGarbage()')).toBeLessThan(58e6);
  expect(mostIn(small, '')).toBeGreaterThan(58e6);
  expect(mostIn(['--max-old-space-size=4096'], 'limitGarbage()')).toBeGreaterThan(58e6);
});

/** What a process says that has so many MiB in all, and would hold so many things of 2,500 bytes. */
function asked(count: number, memoryMiB?: number): string {
  const program = `
    const { limitMemory, requireMemory } = await import(${JSON.stringify(href)});
    ${memoryMiB === undefined ? '' : `limitMemory(${memoryMiB * 1024 ** 2});`}
    try {
      requireMemory({ count: ${count}, bytes: 2500, what: 'm1 has many archives', advice: 'Give it more.' });
      console.log('enough');
    } catch (error) { console.log(error.name, error.message); }`;
  // As AWS starts a function of 256 MiB: V8 may have 90 % of that.
  const args = ['--max-old-space-size=230', '--no-warnings', '--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

test('a function counts what its memory leaves to the heap, and not what V8 would allow itself before AWS ends it', () => {
  expect(asked(60_000)).toBe('enough');
  expect(asked(40_000, 256)).toBe('enough');
  expect(asked(60_000, 256)).toMatch(
    /^InvalidConfiguration m1 has many archives: too many .* may have 152 MB .* Give it more\.$/,
  );
  expect(asked(60_000, 512)).toBe('enough');
});

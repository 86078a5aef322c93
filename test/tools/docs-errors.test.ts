import { expect, test } from 'vitest';
import { type CommandLiteral, flagOf } from '../../lib/cli/command.ts';
import { commands } from '../../lib/cli/commands.ts';
import { errorPages } from '../../tools/write-error-pages.ts';

const pages = [...(await errorPages())];
const names = new Set<string>(commands.map(({ name }) => name));
const flags = new Set([
  ...(commands as readonly CommandLiteral[]).flatMap(({ options }) => options.map(flagOf)),
  '--version',
  '--help',
]);

test.each(pages)('%s: what to do names a command or an option that exists', (_, page) => {
  const advice = page.split('## What to do\n')[1]?.split('\n## ')[0] ?? '';
  const named = [...advice.matchAll(/`offsite ([a-z][a-z-]*)/g)].map((m) => m[1] ?? '');
  const options = advice.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? [];
  expect([...named, ...options].length).toBeGreaterThan(0);
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect(options.filter((option) => !flags.has(option))).toEqual([]);
});

test('each page says what was tried again, or that nothing was', () => {
  for (const [file, page] of pages)
    expect(page.split('## What was tried again\n\n')[1], file).toMatch(
      /^(Nothing: |Before a run fails with this error, it was tried again:\n\n- )/,
    );
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeEnvironment, nodeFlags } from '../../bench/first-line.ts';

test('a checkout starts the command with the flags that people start it with', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(nodeFlags.length).toBeGreaterThan(0);
  expect(Object.keys(nodeEnvironment)).toEqual(['MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_']);
  expect(scripts).toMatchObject({
    offsite: `node ${nodeFlags.join(' ')} bin/offsite.ts`,
    demo: `node ${nodeFlags.join(' ')} bin/offsite.ts demo`,
  });
});

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
const files = tracked.split('\n');
/** `lib/zip`, `tools`: each folder of the product, and each at the root but hidden ones. */
const folders = new Set(files.flatMap((file) => /^(lib\/[\w-]+|(?!lib\/)[a-z][\w-]*)\//.exec(file)?.[1] ?? []));

test('the map of the code names each folder, and no folder that does not exist', async () => {
  const map = await readFile(`${root}ARCHITECTURE.md`, 'utf8');
  const table = map.split('## Where things are')[1]?.split('\n## ')[0] ?? '';
  const rows = table.split('\n').filter((row) => row.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w/-]+)\/`/g)].map((m) => m[1]));
  expect(named.sort()).toEqual([...folders].sort());
});

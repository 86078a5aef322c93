import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));
const linux = existsSync('/proc/self/limits');

const limited = (limit: number, line: string) =>
  spawnSync('/bin/sh', ['-c', `ulimit -n ${limit}; exec "${process.execPath}" "${bin}" ${line}`], { encoding: 'utf8' });

test.skipIf(!linux)('a limit of descriptors that is too low is named before anything begins, with what to do', () => {
  const { status, stdout, stderr } = limited(40, 'list --local --json --from /nowhere');
  expect([status, stderr]).toEqual([
    2,
    'offsite: InvalidConfiguration: This process may open 40 files at once, and offsite needs 64: raise the limit (ulimit -n) to 256 or more.\n',
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', error: 'InvalidConfiguration' });
});

test.skipIf(!linux)(
  'help needs none, and the limit that is named is enough',
  () => {
    expect(limited(40, '--version')).toMatchObject({ status: 0, stderr: '' });
    expect(limited(64, 'export --local --size 8MiB --to "$(mktemp -d)/data"')).toMatchObject({ status: 0 });
  },
  60_000,
);

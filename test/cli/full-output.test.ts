import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/offsite.ts', import.meta.url));

test.skipIf(!existsSync('/dev/full'))('an output on a full disk is a failure that says so, once', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    expect(stderr.match(/^offsite: the output could not be written \(ENOSPC\).*$/gm)).toHaveLength(1);
    expect(status).toBe(1);
  } finally {
    closeSync(full);
  }
});

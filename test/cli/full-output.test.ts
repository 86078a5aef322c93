import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test.skipIf(!existsSync('/dev/full'))(
  'progress that cannot be shown is no failure: the exit code is that of the document',
  () => {
    const full = openSync('/dev/full', 'w');
    const dir = mkdtempSync(join(tmpdir(), 'full-output-'));
    try {
      const args = ['export', '--local', '--size', '1MiB', '--to', join(dir, 'data'), '--json'];
      const { status, stdout } = spawnSync(process.execPath, [bin, ...args], {
        stdio: ['ignore', 'pipe', full],
        encoding: 'utf8',
        env: { ...process.env, XDG_STATE_HOME: join(dir, 'state') },
      });
      expect([status, JSON.parse(stdout).outcome]).toEqual([0, 'succeeded']);
    } finally {
      closeSync(full);
      rmSync(dir, { recursive: true, force: true });
    }
  },
  60_000,
);

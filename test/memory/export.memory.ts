import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GiB, LIMIT, Processes, run } from './processes.ts';

let processes: Processes;
beforeEach(async () => {
  processes = await Processes.begin();
});
afterEach(async () => await processes.end());

// /proc is Linux's; elsewhere nobody tells a process's peak from outside.
test.skipIf(process.platform !== 'linux')('5 GiB come over TLS, verified, by a process of under 200 MB', async () => {
  const ca = join(processes.dir, 'ca.pem');
  const tls = ['--tls', '--ca-out', ca];
  const manager = await processes.serve('simulate-manager', '--size', '5GiB', '--create-seconds', '0', ...tls);
  const s3 = await processes.serve('local-s3', '--dir', join(processes.dir, 's3'));
  const to = ['--s3-endpoint', s3, '--bucket', 'offsite'];
  const { code, document, peak } = await run(
    'export',
    '--local',
    ...processes.manager('big', manager),
    '--ca-file',
    ca,
    ...to,
  );
  expect([code, document]).toEqual([
    0,
    expect.objectContaining({ outcome: 'succeeded', archive: expect.objectContaining({ size: 5 * GiB }) }),
  ]);
  expect(peak).toBeGreaterThan(50e6);
  expect(peak).toBeLessThan(LIMIT.export);
});

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GiB, LIMIT, Processes, run } from './processes.ts';

let processes: Processes;
beforeEach(async () => {
  processes = await Processes.begin();
});
afterEach(async () => await processes.end());

test.skipIf(process.platform !== 'linux')('1 GiB is streamed to a manager by a process of under 250 MB', async () => {
  const source = await processes.serve('simulate-manager', '--size', '1GiB', '--create-seconds', '0');
  const target = await processes.serve('simulate-manager', '--holds', 'nothing', '--restore-seconds', '2');
  const s3 = await processes.serve('local-s3', '--dir', join(processes.dir, 's3'));
  const bucket = ['--s3-endpoint', s3, '--bucket', 'offsite'];
  const exported = await run('export', '--local', ...processes.manager('big', source), ...bucket);
  expect(exported.code).toBe(0);
  const to = [...processes.manager('standby', target), '--source-manager', 'big', '--method', 'stream'];
  const { code, document, peak } = await run('restore', '--local', ...to, ...bucket);
  expect([code, document]).toEqual([
    0,
    expect.objectContaining({ outcome: 'succeeded', archive: expect.objectContaining({ size: GiB }) }),
  ]);
  expect(peak).toBeGreaterThan(50e6);
  expect(peak).toBeLessThan(LIMIT.restore);
});

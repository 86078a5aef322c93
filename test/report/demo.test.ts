import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { writeDemoReport } from '../../lib/cli/commands/demo/report.ts';
import { openStorage } from '../../lib/cli/inputs/storage.ts';
import { ReportWorld } from './world.ts';

test('the report of the demo lies beside its archives, with a page for its manager and a target to compare with', async () => {
  const profile = {
    ...{ id: 'demo', schedule: 'cron(0 2 * * ? *)', timeZone: 'UTC', hour: 2, version: '6.4.2', bytes: 2 ** 20 },
    ...{ growth: 1, items: { tenants: 3 }, failsOneOf: 1e9, tests: [[1, 'succeeded', 'recovery']] as const },
  };
  const world = await ReportWorld.make([profile], '2026-11-05T09:00:00.000Z', 2);
  const write = () => undefined;
  const terminal = {
    ...{ out: { write }, err: { write }, interrupt: new AbortController().signal, clock: world.clock, env: {} },
    signing: { stateFolder: world.path('state') },
  };
  const given = { from: world.path('data'), signingKey: world.path('key.pem') };
  const storage = await openStorage(given, { option: 'from', mustExist: true, use: 'read' }, terminal);
  try {
    const first = await writeDemoReport('demo', storage, terminal);
    expect(first).toBe(world.path('data', 'report', 'index.html'));
    expect(await readFile(first, 'utf8')).toContain('The manager is protected');
    const page = await world.page('data', 'report', 'manager-demo.html');
    expect(page).toContain('target 31 h');
    expect(page).toContain('recovery succeeded, RTO');
  } finally {
    await storage.close();
    await world.remove();
  }
});

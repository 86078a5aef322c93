import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configDigest } from '../../lib/config/config-digest.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { DeployedWorld } from '../support/deployed-world.ts';

const deployed = { managers: [{ id: 'm1' }] };
let world: DeployedWorld;
let dir: string;
beforeAll(async () => {
  const tags = { 'offsite:bucket': 'offsite', 'offsite:configuration': configDigest(parseConfig(deployed)) };
  world = await DeployedWorld.start({ tags });
  dir = await mkdtemp(join(tmpdir(), 'offsite-deployed-configuration-'));
});
afterAll(async () => {
  await world.stop();
  await rm(dir, { recursive: true, force: true });
});

async function status(config: object) {
  const file = join(dir, 'offsite.json');
  await writeFile(file, JSON.stringify(config));
  const { out, err } = await world.offsite(`status --json --config ${file}`);
  return { ...JSON.parse(out), err };
}

test('status says whether the file is what is deployed, however it is written', async () => {
  const written = { defaults: {}, managers: [{ id: 'm1', drillTarget: false }], name: 'offsite' };
  expect(await status(written)).toMatchObject({ isDeployed: true, err: expect.not.stringContaining('Deploy it') });
  const changed = await status({ managers: [{ id: 'm1', keepOnManager: 5 }] });
  expect(changed).toMatchObject({ isDeployed: false, err: expect.stringContaining('not the one that is deployed') });
});

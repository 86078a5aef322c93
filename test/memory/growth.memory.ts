import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { growFolder } from '../../bench/growth-folder.ts';
import { pemSigner } from '../../lib/signing/signer.ts';
import { makeArchive } from '../../simulator/archive/make-archive.ts';
import { isFull } from '../support/sampled.ts';
import { Processes, run } from './processes.ts';

/** Archives of one manager. Making them takes 6 s for each 1,000, so that CI has fewer. */
const MANY = isFull ? 10_000 : 2_000;
/** Beside 100 archives each takes 100 to 105 MB, of which 60 are Node's own program; beside 10,000 it takes 130 to 147. */
const LIMIT = 150e6;

let processes: Processes;
beforeAll(async () => {
  processes = await Processes.begin();
  const pem = String(
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  const key = join(processes.dir, 'key.pem');
  await writeFile(key, pem, { mode: 0o600 });
  process.env['OFFSITE_SIGNING_KEY'] = key;
  process.env['XDG_STATE_HOME'] = processes.dir;
  const archive = makeArchive({ sizeBytes: 1 });
  const bytes = Buffer.concat([...archive.chunks(0, archive.size)]);
  const small = { bytes, crc32: archive.crc32, members: archive.members.length };
  const grown = { managers: ['m1'], archives: MANY, now: new Date() };
  await growFolder(join(processes.dir, 'folder'), small, grown, pemSigner(pem, 'key'));
});
afterAll(async () => await processes.end());

const COMMANDS = {
  list: ['list', '--local'],
  'list --last 100': ['list', '--local', '--last', '100'],
  status: ['status', '--local'],
  'show latest': ['show', 'latest', '--local', '--manager', 'm1'],
  'retention plan': ['retention', 'plan', '--local', '--manager', 'm1'],
};

describe.skipIf(process.platform !== 'linux')(`beside ${MANY} archives`, () => {
  test.each(Object.entries(COMMANDS))('%s takes less than its limit in a folder', async (_, args) => {
    const { code, peak } = await run(...args, '--from', join(processes.dir, 'folder'));
    expect(code).toBe(0);
    expect(peak).toBeGreaterThan(50e6);
    expect(peak).toBeLessThan(LIMIT);
  });
});

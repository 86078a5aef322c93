import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../lib/cli/main.ts';
import { expectAdviceOnce } from '../support/advice.ts';
import { VirtualClock } from '../support/clock.ts';
import { disk } from '../support/failing-disk.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { isFull } from '../support/sampled.ts';

vi.mock('node:fs/promises', async (original) => {
  const { brokenPromises } = await import('../support/failing-disk.ts');
  return brokenPromises(await original<typeof import('node:fs/promises')>());
});
vi.mock('node:fs', async (original) => {
  const { brokenFs } = await import('../support/failing-disk.ts');
  return brokenFs(await original<typeof import('node:fs')>());
});
const { cp, mkdtemp, rm, writeFile } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

/** System calls that fail at every file that a command reads or writes beside the archives, and in their folder. */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const CALLS = [
  'readFile',
  'writeFile',
  'mkdir',
  'rename',
  'open',
  'opendir',
  'stat',
  'readdir',
  'readFileSync',
  'readdirSync',
];
/** All of them by `npm run test:full`. */
const CODES = isFull
  ? ['EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EPERM', 'EACCES']
  : ['EMFILE', 'EIO', 'ENOSPC', 'EDQUOT'];
const KEEP = 'keep offsite-20261122T020000Z --manager prod --until 2027-09-01 --local --from STORE';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(memoryDisk(), 'failing-files-'));
  await writeFile(join(root, 'config.json'), JSON.stringify({ managers: [{ id: 'prod' }] }));
  await writeFile(join(root, 'password'), 'secret');
});
afterEach(() => disk.heal());
afterAll(async () => rm(root, { recursive: true, force: true }));

async function offsite(line: string) {
  const said = { out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => (said[stream] += text) });
  const code = await main(
    [...line.replaceAll('STORE', join(root, 'store')).replaceAll('ROOT', root).split(' '), '--json'],
    {
      ...{ out: to('out'), err: to('err'), interrupt: new AbortController().signal },
      clock: new VirtualClock('2026-12-01T12:00:00Z'),
      signing: { stateFolder: join(root, 'state') },
    },
  );
  return { code, ...said };
}

/** Which files, and a command that uses them. */
const PLACES: readonly (readonly [string, string, string])[] = [
  ['the signing key and the keys that are known', 'state', KEEP],
  ['the configuration', 'config.json', 'retention plan --manager prod --local --from STORE --config ROOT/config.json'],
  [
    'the password',
    'password',
    'reconcile --manager prod --local --from STORE --manager-url http://127.0.0.1:1 --username a --password-file ROOT/password',
  ],
  ['a download', 'out', 'download prod/offsite-20261122T020000Z --local --from STORE --force --to ROOT/out.zip'],
  [
    'extracted files',
    'out',
    'extract prod/offsite-20261122T020000Z --local --from STORE --force --to ROOT/out --member metadata.json',
  ],
  ['the folder, read', 'store', 'list --local --from STORE'],
  ['the folder, written', 'store', KEEP],
  ['the folder, adopted', 'store', 'adopt --from STORE'],
  ['the folder, expired', 'store', 'retention expire --yes --local --from STORE'],
];

describe.each(PLACES)('%s', (_, below, line) => {
  test.each(CALLS)(
    '%s fails: there is a name, a documented exit code, one document, and afterwards it works',
    async (call) => {
      await cp(FIXTURE, join(root, 'store'), { recursive: true });
      for (const code of CODES) {
        for (const after of [0, 2]) {
          Object.assign(disk, { below: join(root, below), fails: { call, code, after } });
          const shown = await offsite(line);
          disk.heal();
          const where = `${code} ${after}: ${shown.err}`;
          const document = JSON.parse(shown.out) as { error?: string | null };
          expect([0, 1, 2], where).toContain(shown.code);
          if (document.error) expect(document.error, where).toMatch(/^[A-Z][a-z]+[A-Z][A-Za-z]+$/);
          expect(['ContractViolation', 'SystemError', 'TypeError', 'SyntaxError'], where).not.toContain(document.error);
          expect(shown.err, where).not.toMatch(/\bError: |\n {4}at /);
          expectAdviceOnce(shown.err, `${code} ${after}`);
        }
      }
      await rm(join(root, 'store'), { recursive: true });
    },
  );
});

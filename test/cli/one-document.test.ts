import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as errors from '../../lib/base/errors.ts';
import { commands } from '../../lib/cli/commands.ts';
import { main } from '../../lib/cli/main.ts';
import * as deployed from '../../lib/installation/errors.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { memoryDisk } from '../support/run-folder.ts';
import { signing } from '../support/signing.ts';

/** With --json every command prints one document, whatever happens to it; what ends it has a name and a documented code. */
const FIXTURE = fileURLToPath(new URL('../fixtures/buckets/0.1.0', import.meta.url));
const NAMES = ['UsageError', ...Object.keys(errors), ...Object.keys(deployed)];
const ARCHIVE = 'offsite-20261122T020000Z';

let root: string;
let dir: string;
let source: SimulatedManager;
let target: SimulatedManager;
beforeAll(async () => {
  root = await mkdtemp(join(memoryDisk(), 'offsite-document-'));
  await writeFile(join(root, 'password'), 'secret');
  const usual = { password: 'secret', createSeconds: 0, restoreSeconds: 1, archive: { sizeBytes: 8192 } };
  source = await startSimulatedManager(usual);
  target = await startSimulatedManager({ ...usual, holds: 'nothing' });
});
afterAll(async () => {
  await Promise.all([source.close(), target.close()]);
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'store-'));
  await cp(FIXTURE, dir, { recursive: true });
});
afterEach(async () => rm(dir, { recursive: true, force: true }));

const login = (manager: SimulatedManager) =>
  `--manager-url ${manager.urls[0]} --username admin --password-file ${join(root, 'password')}`;

/** A good command line of each, on a folder. */
const LINES: Readonly<Record<string, () => string>> = {
  export: () => `export --manager prod --local --to ${dir} ${login(source)}`,
  restore: () =>
    `restore --manager spare --source-manager prod --archive ${ARCHIVE} --local --from ${dir} ${login(target)}`,
  verify: () => `verify --all --local --from ${dir}`,
  list: () => `list --local --from ${dir}`,
  show: () => `show --manager prod ${ARCHIVE} --local --from ${dir}`,
  'retention plan': () => `retention plan --manager prod --local --from ${dir}`,
  'retention expire': () => `retention expire --yes --local --from ${dir}`,
  keep: () => `keep --manager prod ${ARCHIVE} --until 2027-09-01 --local --from ${dir}`,
  unkeep: () => `unkeep --manager prod ${ARCHIVE} --local --from ${dir}`,
  status: () => `status --local --from ${dir}`,
  reconcile: () => `reconcile --manager prod --repair --local --from ${dir}`,
  accept: () => `accept --manager legacy offsite-20261122T023000Z --local --from ${dir}`,
  adopt: () => `adopt --from ${dir}`,
  doctor: () => `doctor --manager prod --local --to ${dir} ${login(source)}`,
  download: () => `download prod/${ARCHIVE} --to ${join(root, 'copy.zip')} --force --local --from ${dir}`,
  contents: () => `contents prod/${ARCHIVE} --local --from ${dir}`,
  copy: () => `copy prod/${ARCHIVE} --to ${join(root, 'copies')} --local --from ${dir}`,
  diff: () => `diff prod/${ARCHIVE} prod/latest --local --from ${dir}`,
  extract: () =>
    `extract prod/${ARCHIVE} --to ${join(root, 'files')} --member metadata.json --force --local --from ${dir}`,
  report: () => `report --local --from ${dir}`,
};
/** For a stack alone: here they fail before anything is asked. */
const ELSEWHERE = ['approve', 'follow'];
/** Print a text, a script or a state machine, and take no --json: asked for it all the same, they refuse. */
const WITHOUT = ['explain', 'schedule', 'machine', 'demo', 'simulate-manager', 'local-s3', 'completion'];

/** Of what an installation sends out: tested where that is. */
const SENT = ['digest', 'metrics', 'notify'];

interface Shown {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function offsite(line: string, { interrupt = new AbortController(), after = -1 } = {}): Promise<Shown> {
  const shown = { out: '', err: '' };
  let writes = 0;
  const err = (text: string) => {
    shown.err += text;
    if (++writes === after) interrupt.abort();
  };
  const terminal = {
    out: { write: (text: string) => (shown.out += text) },
    err: { write: err },
    interrupt: interrupt.signal,
    clock: new VirtualClock('2026-12-01T12:00:00Z'),
    signing,
  };
  return { code: await main(line.split(' '), terminal), ...shown };
}

function documentOf({ code, out, err }: Shown, line: string) {
  const where = `${line}: ${out.slice(0, 300)} ${err}`;
  expect(() => JSON.parse(out), where).not.toThrow();
  const document = JSON.parse(out) as { error?: string | null; outcome?: string };
  expect([0, 1, 2, 130], where).toContain(code);
  expect(err, where).not.toMatch(/\n {4}at |\bError: [A-Z]{2,}\b/);
  if (document.error) expect(NAMES, where).toContain(document.error);
  if (code === 2) expect(document, where).toMatchObject({ outcome: 'failed', error: expect.any(String) });
  return document;
}

const everyHiddenRecord = async (change: (path: string) => Promise<unknown>) => {
  const objects = join(dir, '.offsite-s3/offsite/objects');
  for (const home of await readdir(objects)) await change(join(objects, home, 'record.json'));
};

/** What is wrong: what makes it so, and what is added to the line. */
const WRONG: Readonly<Record<string, () => Promise<string>>> = {
  nothing: async () => '',
  'an unknown option': async () => ' --nonsense',
  'a value that is missing': async () => ' --trust-key',
  'a word too many': async () => ' one two three',
  'no such folder': async () => {
    await rm(dir, { recursive: true });
    return '';
  },
  'a file in place of the folder': async () => {
    await rm(dir, { recursive: true });
    await writeFile(dir, 'a file');
    return '';
  },
  'no hidden records': async () => {
    await rm(join(dir, '.offsite-s3'), { recursive: true });
    return '';
  },
  'hidden records that are damaged': async () => {
    await everyHiddenRecord((path) => writeFile(path, '{'));
    return '';
  },
  'a marker of the bucket that is damaged': async () => {
    await writeFile(join(dir, '.offsite-s3/offsite/bucket.json'), 'no');
    return '';
  },
  'another process in the folder': async () => {
    const holder = JSON.stringify({ place: 'another machine', pid: 1, began: '-' });
    await writeFile(join(dir, '.offsite-s3', 'lock-000100'), holder);
    return '';
  },
  'a key that is none': async () => ' --trust-key nonsense',
};

describe.each(Object.entries(LINES))('%s', (_, line) => {
  test('prints one document, whatever is wrong', async () => {
    for (const [what, make] of Object.entries(WRONG)) {
      // Done for good elsewhere, and they take longest.
      if (what === 'nothing' && /^(export|restore)/.test(line())) continue;
      const words = `${line()} --json${await make()}`;
      const document = documentOf(await offsite(words), `${what}: ${words}`);
      // One archive of the folder was damaged before.
      if (what === 'nothing') expect([null, 'ArchiveDamaged'], words).toContain(document.error ?? null);
      await rm(dir, { recursive: true, force: true });
      await cp(FIXTURE, dir, { recursive: true });
    }
  });

  test('is interrupted, before it begins and in the middle', async () => {
    for (const after of [0, 2]) {
      const interrupt = new AbortController();
      if (after === 0) interrupt.abort();
      const words = `${line()} --json`;
      const shown = await offsite(words, { interrupt, after });
      const document = documentOf(shown, `after ${after}: ${words}`);
      expect(shown.code === 130).toBe(document.error === 'Interrupted');
    }
  });
});

test.each(ELSEWHERE)('%s: one document, with a name', async (name) => {
  for (const line of [`${name} --json`, `${name} --json --nonsense`, `${name} x --json --manager`]) {
    const document = documentOf(await offsite(line), line);
    expect(document.error, line).toEqual(expect.any(String));
  }
});

test.each(WITHOUT)('%s has no --json, and says so in a document', async (name) => {
  const shown = await offsite(`${name} --json`);
  expect([shown.code, documentOf(shown, name).error]).toEqual([2, 'UsageError']);
});

test('every command is in this table', () => {
  const tried = [...Object.keys(LINES).map((name) => name.split(' ')[0]), ...ELSEWHERE, ...WITHOUT, ...SENT];
  expect(commands.map(({ name }) => name).filter((name) => !tried.includes(name))).toEqual([]);
});

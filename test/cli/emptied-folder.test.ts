import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine } from '../support/command-line.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'emptied-folder-'));
});
afterAll(async () => await rm(root, { recursive: true, force: true }));

const offsite = async (line: string) =>
  await commandLine(line.replaceAll('ROOT', root).split(' '), {
    terminal: { signing: { stateFolder: join(root, 'state') } },
  });
const EXPORT = 'export --local --size 1MiB --to ROOT/data';
const remembered = () => join(root, 'state', 'known-indexes.json');

test('somebody deletes the folder of a trial and exports again: told at once what was found, and how to settle it', async () => {
  const first = await offsite(EXPORT);
  expect([first.code, first.err]).toEqual([0, expect.not.stringContaining('Warning')]);
  await rm(join(root, 'data'), { recursive: true });
  const before = await readFile(remembered(), 'utf8');

  const again = await offsite(EXPORT);
  expect(again.code, again.err).toBe(0);
  const says = again.err.split('\n').filter((line) => line.startsWith('Warning: '));
  expect(says).toEqual([
    expect.stringMatching(
      /^Warning: ROOT\/data has no archives, and this machine has seen archives of demo there\./.source.replace(
        'ROOT',
        root,
      ),
    ),
  ]);
  expect(says[0]).toContain(`If you have deleted them yourself, remove the entry "${root}/data" from ${remembered()}`);

  for (const line of ['list --local --from ROOT/data', 'reconcile --local --from ROOT/data --manager demo']) {
    const { err, out } = await offsite(line);
    expect(`${err}${out}`, line).toMatch(
      /is missing, as is the whole index of demo, and this machine has seen number 1/,
    );
    expect(`${err}${out}`, line).toContain(`remove the entry "${root}/data" from ${remembered()}`);
    expect(`${err}${out}`, line).toContain('the next export begins a new index');
    expect(`${err}${out}`, line).not.toContain('move the folder away');
  }
  expect(await readFile(remembered(), 'utf8'), 'nothing is forgotten by itself').toBe(before);
  expect(await readdir(join(root, 'data', 'offsite'))).not.toContain('indexes');

  await writeFile(remembered(), '{}');
  const settled = await offsite(EXPORT);
  expect([settled.code, settled.err]).toEqual([0, expect.not.stringContaining('Warning')]);
  const { err, out } = await offsite('list --local --json --from ROOT/data');
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject({ index: [] });
}, 60_000);

test('a folder that this machine has never seen is nothing to warn of', async () => {
  const { code, err } = await offsite('export --local --size 1MiB --to ROOT/other');
  expect([code, err]).toEqual([0, expect.not.stringContaining('Warning')]);
}, 30_000);

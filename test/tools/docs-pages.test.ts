import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path/posix';
import { expect, test } from 'vitest';
import { withNarrow } from '../../site/narrow-pictures.ts';

const docs = new URL('../../docs/', import.meta.url).pathname;
const read = (page: string) => readFile(join(docs, page), 'utf8');
const KINDS = ['tutorials', 'how-to', 'reference', 'explanation'];
const pages = (await readdir(docs, { recursive: true })).filter((file) => file.endsWith('.md'));
const moved = JSON.parse(await read('moved.json')) as Record<string, string>;

test('each page is in the folder of its kind; beside the folders are the index, and two addresses that stay', () => {
  const others = pages.filter((page) => !KINDS.concat('runbook').includes(page.split('/')[0] ?? ''));
  expect(others.sort()).toEqual(['README.md', 'design.md', 'runbook.md']);
});

test('the index leads to each page of each kind', async () => {
  const index = await read('README.md');
  const linked = [...index.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]);
  expect(linked).toEqual(
    expect.arrayContaining(pages.filter((page) => /^[\w-]+\/[\w-]+\.md$/.test(page) && !page.startsWith('runbook'))),
  );
});

test('each address that an earlier version named leads to a page that is there, and to no second address', () => {
  expect(Object.keys(moved).length).toBeGreaterThan(100);
  for (const [old, page] of Object.entries(moved)) {
    expect(pages, old).not.toContain(old);
    expect(pages, old).toContain(page);
  }
});

test('each address that a text of the product names leads to a page', async () => {
  const root = join(docs, '..');
  const named: [file: string, page: string][] = [];
  for (const folder of ['lib', 'functions', 'folder-s3', 'simulator', 'statemachines', 'tools', 'bin'])
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(ts|json)$/.test(file) || /node_modules|licences|sample/.test(file)) continue;
      const text = await readFile(join(root, folder, file), 'utf8');
      for (const [, page = ''] of text.matchAll(/(?<!\w)docs\/([\w/-]+\.md)/g)) named.push([`${folder}/${file}`, page]);
    }
  expect(named.length).toBeGreaterThan(40);
  for (const [file, page] of named) expect(pages.includes(page) || page in moved, `${file}: docs/${page}`).toBe(true);
});

test('no page has more than 1,500 words, but references and the old titles of the runbook', async () => {
  const long = pages.filter((page) => !page.startsWith('reference/') && page !== 'runbook.md');
  const words = await Promise.all(
    long.map(async (page) => ({ page, words: (await read(page)).trim().split(/\s+/).length })),
  );
  expect(words.filter((one) => one.words > 1500)).toEqual([]);
});

test('a picture that has a narrow one is shown as both', async () => {
  const wide = (await readdir(join(docs, 'pictures'))).flatMap((file) => /^(.+)-narrow\.svg$/.exec(file)?.[1] ?? []);
  expect(wide.length).toBeGreaterThan(3);
  const all = [...pages.map((page) => join(docs, page)), join(docs, '../README.md')];
  const texts = await Promise.all(all.map((page) => readFile(page, 'utf8')));
  for (const name of wide) {
    const shown = texts.flatMap(
      (text) => text.match(new RegExp(`.*(?:<img src="|\\]\\()[^")]*/${name}\\.svg.*`, 'g')) ?? [],
    );
    expect(shown.length, name).toBeGreaterThan(0);
    for (const line of shown) expect(line).toContain(`<source media="(max-width: 600px)" srcset="`);
    for (const line of shown) expect(line).toContain(`/${name}-narrow.svg"><img `);
  }
  const page = join(docs, 'explanation/verify.md');
  const img = '<img src="../pictures/verify.svg" alt="x">';
  expect(withNarrow(img, page)).toBe(
    `<picture><source media="(max-width: 600px)" srcset="../pictures/verify-narrow.svg">${img}</picture>`,
  );
  const other = '<img src="../pictures/report-light.png" alt="x">';
  expect(withNarrow(other, page)).toBe(other);
});

test('no line of the changelog stands there twice', async () => {
  const lines = (await read('../CHANGELOG.md')).split('\n').filter((line) => line.trim() !== '');
  expect(lines.filter((line, at) => lines.indexOf(line) !== at)).toEqual([]);
});

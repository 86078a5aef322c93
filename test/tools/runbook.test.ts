import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ARTICLES } from '../../lib/base/runbook.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFile(join(root, path), 'utf8');
const pagesIn = (text: string) => [...text.matchAll(/\]\((?:runbook\/)?([a-z-]+)\.md\)/g)].flatMap((m) => m[1] ?? []);
const index = await read('docs/runbook/README.md');

test('each article has a page with a title, and each page is an article', async () => {
  const pages = (await readdir(join(root, 'docs/runbook'))).filter((file) => file !== 'README.md');
  expect(pages.sort()).toEqual(ARTICLES.map((article) => `${article}.md`).sort());
  for (const page of pages) expect(await read(`docs/runbook/${page}`), page).toMatch(/^# \S.*\n\n\S/);
});

test('the index lists each article once, under its title', async () => {
  const [, list = ''] = index.split('## All articles');
  expect(pagesIn(list).sort()).toEqual([...ARTICLES].sort());
  for (const [, title, article] of list.matchAll(/\[([^\]]+)\]\(([a-z-]+)\.md\)/g))
    expect(await read(`docs/runbook/${article}.md`)).toContain(`# ${title}\n`);
});

test('the addresses that messages of version 0.1.0 name still lead to a page', async () => {
  const moved = await read('docs/runbook.md');
  const rows = [
    ...moved.matchAll(/^\| <a id="([a-z-]+)"><\/a>(\S[^|]+) \| \[runbook\/(.+)\.md\]\(runbook\/(.+)\.md\) \|$/gm),
  ];
  // As many articles as that version had, each under the anchor that it had there.
  expect(rows).toHaveLength(33);
  for (const [, anchor, title = '', ...pages] of rows) {
    expect(anchor).toBe(
      title
        .toLowerCase()
        .replaceAll(/[^a-z -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const page of pages) expect(ARTICLES).toContain(page);
  }
});

/** Every text of the product: the articles that it names are named through the table, so the compiler holds them to it. */
test('no text of the product spells an address of the runbook itself', async () => {
  const found: string[] = [];
  for (const folder of ['lib', 'functions', 'bin', 'simulator', 'folder-s3', 'statemachines']) {
    for (const file of await readdir(join(root, folder), { recursive: true })) {
      if (!/\.(ts|json)$/.test(file) || join(folder, file) === 'lib/base/runbook.ts') continue;
      if ((await read(join(folder, file))).includes('docs/runbook')) found.push(join(folder, file));
    }
  }
  expect(found).toEqual([]);
});

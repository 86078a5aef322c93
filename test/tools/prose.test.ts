import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  type Finding,
  lintDocuments,
  lintMarkdown,
  lintSources,
  NOT_YET_CLEAN,
  WORDS,
} from '../../tools/prose/lint.ts';
import { complaints, lowered } from '../../tools/prose/not-yet-clean.ts';
import { sourceTexts } from '../../tools/prose/source-text.ts';

const root = new URL('../..', import.meta.url).pathname;
let found: ReadonlyMap<string, readonly Finding[]>;
beforeAll(async () => {
  found = await lintDocuments();
});

test.each(WORDS)(
  '"$old" is found in a sentence, a heading, a cell and across lines, and in no code or address',
  async (word) => {
    const { old } = word;
    const text = `# The ${old}\n\nHere **is ${old}** and\nhere ${old.replaceAll(' ', '\n')} is.\n\n| ${old} |\n| --- |\n| ${old} |\n`;
    const hits = (await lintMarkdown('docs/x.md', text)).filter(({ message }) => message.endsWith(word.write));
    expect(hits.map(({ line }) => line)).toEqual([
      1,
      3,
      4,
      6 + (old.split(' ').length - 1),
      8 + (old.split(' ').length - 1),
    ]);
    const code = `\`${old}\`\n\n\`\`\`sh\n${old}\n\`\`\`\n\n[it](<${old}.md>)\n`;
    expect(await lintMarkdown('docs/x.md', code)).toEqual([]);
  },
);

test('a longer word that has a forbidden one in it is none', async () => {
  expect(
    await lintMarkdown('docs/x.md', 'At midnight a recommended `--flag` spanned the remarkable soundtrack.'),
  ).toEqual([]);
});

test('a word is allowed in the files that its entry names', async () => {
  expect(await lintMarkdown('docs/reference/managers.md', 'See K23.')).toEqual([]);
  expect(await lintMarkdown('docs/reference/cli.md', 'See K23.')).toHaveLength(1);
});

const finding = { line: 1, column: 1, message: 'm' };
const three = new Map([['a.md', [finding, finding, finding]]]);

test.each([
  ['as many findings as allowed', { 'a.md': 3 }, 0],
  ['more than allowed', { 'a.md': 2 }, 4],
  ['findings in a file that must be clean', {}, 4],
  ['a listed file that is clean, or does not exist', { 'a.md': 3, 'b.md': 1 }, 1],
])('%s', (_, allowed, lines) => {
  expect(complaints(three, allowed)).toHaveLength(lines);
});

test('the list can be lowered, and never raised', () => {
  expect(lowered(three, { 'a.md': 5, 'b.md': 2 })).toEqual({ 'a.md': 3 });
  expect(lowered(three, { 'a.md': 1 })).toEqual({ 'a.md': 1 });
  expect(lowered(three, {})).toEqual({});
});

test('every document is checked, and no clean one is on the list of those that are not', async () => {
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  });
  const read = tracked.split('\n').filter((file) => /^(docs\/.*|[^/]+)\.md$/.test(file) && file !== 'docs/runbook.md');
  expect([...found.keys()].sort()).toEqual(read.sort());
  expect(complaints(found, NOT_YET_CLEAN)).toEqual([]);
});

test('what the product prints has none of the words either', async () => {
  const sources = await lintSources();
  expect(sources.size).toBeGreaterThan(500);
  expect(complaints(sources, {})).toEqual([]);
});

test('of a source: errors, labels, help and pages are read at their place; names, keys, tags and comments are not', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'offsite-prose-')), 'one.ts');
  const code = [
    '/** Nobody reads this. */',
    "import { evidence } from './the evidence.ts';",
    "const name: string = 'evidence';",
    `throw new Error(\`Who made \${name}? Nobody.\`);`,
    `const page = \`<span class="held by">\${name} is valid</span>\`;`,
  ];
  await writeFile(file, code.join('\n'));
  const texts = await sourceTexts(file);
  expect(texts.map(({ line, text }) => [line, text.trim()])).toEqual([
    [4, 'Who made …? Nobody.'],
    [5, '… is valid'],
  ]);
});

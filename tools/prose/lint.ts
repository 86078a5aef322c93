import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TextlintKernel } from '@textlint/kernel';
import { MarkdownProcessor } from '@textlint/textlint-plugin-markdown/lib/src/MarkdownProcessor.js';
import { type ForbiddenWord, forbiddenWords, hitsOf } from './forbidden-words.ts';
import { sourceFiles, sourceTexts } from './source-text.ts';

const root = new URL('../..', import.meta.url).pathname;
const readJson = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));

/** `tools/prose/words.json` */
export const WORDS = (await readJson('words.json')) as readonly ForbiddenWord[];

/** How many findings each file has that is not clean yet. A number only ever gets smaller, and 0 is no entry. */
export const NOT_YET_CLEAN = (await readJson('not-yet-clean.json')) as Readonly<Record<string, number>>;

/** Old titles of the runbook's articles, as messages have named them. They are addresses, not prose. */
const FROZEN = 'docs/runbook.md';

export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** @param file its path in the repository, which some words are allowed by. */
export async function lintMarkdown(file: string, text: string): Promise<Finding[]> {
  const words = WORDS.filter(({ allowedIn }) => !allowedIn?.includes(file));
  const { messages } = await new TextlintKernel().lintText(text, {
    ext: '.md',
    plugins: [{ pluginId: 'markdown', plugin: { Processor: MarkdownProcessor } }],
    rules: [{ ruleId: 'forbidden-words', rule: forbiddenWords(words) }],
  });
  return messages.map(({ line, column, message }) => ({ line, column, message }));
}

/** What people read: every document, with its path in the repository. */
async function documents(): Promise<string[]> {
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).map((file) => `docs/${file}`);
  const files = [...(await readdir(root)), ...docs].filter((file) => file.endsWith('.md') && file !== FROZEN);
  return files.sort();
}

/** Findings of each document, clean ones too. */
export async function lintDocuments(): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const found = new Map<string, Finding[]>();
  for (const file of await documents())
    found.set(file, await lintMarkdown(file, await readFile(join(root, file), 'utf8')));
  return found;
}

/** Findings in the texts of one file of source. */
export async function lintSource(file: string): Promise<Finding[]> {
  const words = WORDS.filter(({ allowedIn }) => !allowedIn?.includes(file));
  const texts = await sourceTexts(join(root, file));
  return texts.flatMap(({ line, column, text }) =>
    hitsOf(text, words).map(({ message }) => ({ line, column, message })),
  );
}

/** What the product prints, sends and logs: findings of each file of source, clean ones too. */
export async function lintSources(): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const found = new Map<string, Finding[]>();
  for (const file of await sourceFiles(root)) found.set(file, await lintSource(file));
  return found;
}

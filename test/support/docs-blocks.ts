import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Blocks of commands in the documentation. Pages of commands are generated, and have no blocks of their own. */
const root = new URL('../..', import.meta.url).pathname;
export const pages = [
  'README.md',
  ...(await readdir(join(root, 'docs'), { recursive: true })).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
].filter((page) => !page.startsWith('docs/reference/commands/'));

export interface Block {
  readonly page: string;
  readonly why: string | undefined;
  /** One line each, without comments. */
  readonly lines: readonly string[];
}

const blocksOf = (page: string, text: string): Block[] =>
  [...text.matchAll(/^( *)```(?:sh|bash|console|shell)(?: not run: (.+))?\n([\s\S]*?)^\1```/gm)].map(
    ([, , why, body = '']) => ({
      page,
      why,
      lines: body
        .replaceAll(/\\\n\s*/g, ' ')
        .split(/\n|&&/)
        .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
        .filter((line) => line !== ''),
    }),
  );
export const texts = await Promise.all(
  pages.map(async (page) => [page, await readFile(join(root, page), 'utf8')] as const),
);
export const blocks = texts.flatMap(([page, text]) => blocksOf(page, text));

/** Words as a shell makes them, with placeholders filled in. */
export const wordsOf = (line: string) =>
  (line.replaceAll(/<\w[\w-]*>/g, 'x').match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) =>
    word.replaceAll(/["']/g, ''),
  );

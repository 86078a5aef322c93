import { readdir, readFile } from 'node:fs/promises';

/**
 * Pages of the documentation that a person needs when no browser is at hand: one for each error, one for each article of the
 * runbook. They are in the package, two folders above this file and above the bundle that it becomes part of.
 */
const docs = new URL('../../docs/', import.meta.url);
const FOLDERS = ['errors', 'runbook'] as const;

interface Page {
  /** `ManagerBusy`, `no-verified-archive` */
  readonly name: string;
  readonly folder: (typeof FOLDERS)[number];
}

export async function pages(): Promise<Page[]> {
  const lists = FOLDERS.map(async (folder) => {
    const files = await readdir(new URL(`${folder}/`, docs));
    const names = files.filter((file) => file.endsWith('.md') && file !== 'README.md').map((file) => file.slice(0, -3));
    return names.sort().map((name): Page => ({ name, folder }));
  });
  return (await Promise.all(lists)).flat();
}

/** A page for a terminal: links as their words and the file that they lead to. */
export async function readPage({ name, folder }: Page): Promise<string> {
  const text = await readFile(new URL(`${folder}/${name}.md`, docs), 'utf8');
  return text.replaceAll(
    /\[([^\]]+)\]\(([^)]+)\)/g,
    (_, words: string, to: string) => `${words} (${placeOf(to, folder)})`,
  );
}

/** `../runbook/drills.md` → `offsite explain drills`; another page → its file below docs/. */
function placeOf(to: string, folder: string): string {
  if (/^[a-z]+:/.test(to)) return to;
  const path = new URL(to, new URL(`${folder}/`, 'docs:/')).pathname.slice(1);
  const page = /^(?:errors|runbook)\/([\w-]+)\.md$/.exec(path)?.[1];
  return page === undefined || page === 'README' ? `docs/${path}` : `offsite explain ${page}`;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path/posix';

/**
 * Pages of the documentation for a person without a browser: one for each error, one for each article of the runbook, and
 * any other by its address. They are in the package, two folders above this file and above the bundle that it becomes part of.
 */
const docs = new URL('../../docs/', import.meta.url);
/** Folders whose pages have names. */
const FOLDERS = { errors: 'reference/errors', runbook: 'runbook' } as const;

export interface Page {
  /** `ManagerBusy`, `no-verified-archive` */
  readonly name: string;
  readonly kind: keyof typeof FOLDERS;
}

const fileOf = ({ name, kind }: Page) => `${FOLDERS[kind]}/${name}.md`;

export async function pages(): Promise<Page[]> {
  const kinds = Object.keys(FOLDERS) as Page['kind'][];
  const lists = kinds.map(async (kind) => {
    const files = await readdir(new URL(`${FOLDERS[kind]}/`, docs));
    const names = files.filter((file) => file.endsWith('.md') && file !== 'README.md').map((file) => file.slice(0, -3));
    return names.sort().map((name): Page => ({ name, kind }));
  });
  return (await Promise.all(lists)).flat();
}

export const readPage = (page: Page): Promise<string> => readFileOf(fileOf(page));

/**
 * The page at `docs/reference/secret.md`, also under the address that it had in an earlier version: messages stay in
 * mailboxes. Undefined if there is none.
 */
export async function readAddress(address: string): Promise<string | undefined> {
  const [path = ''] = address.replace(/^docs\//, '').split('#');
  // No way out of the folder: what is outside is no page.
  if (!/^(?:[\w-]+\/)*[\w-]+\.md$/.test(path)) return undefined;
  const moved = JSON.parse(await readFile(new URL('moved.json', docs), 'utf8')) as Record<string, string>;
  try {
    return await readFileOf(moved[path] ?? path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** For a terminal: links as their words and the place that they lead to. */
async function readFileOf(file: string): Promise<string> {
  const text = await readFile(new URL(file, docs), 'utf8');
  return text.replaceAll(
    /\[([^\]]+)\]\(([^)]+)\)/g,
    (_, words: string, to: string) => `${words} (${placeOf(to, file)})`,
  );
}

/** `../runbook/drills.md` → `offsite explain drills`; another page → its file below docs/. */
function placeOf(to: string, from: string): string {
  if (/^[a-z]+:/.test(to)) return to;
  const path = to.startsWith('#') ? `${from}${to}` : join(from, '..', to);
  const page = /^(?:reference\/errors|runbook)\/([\w-]+)\.md$/.exec(path)?.[1];
  return page === undefined || page === 'README' ? join('docs', path) : `offsite explain ${page}`;
}

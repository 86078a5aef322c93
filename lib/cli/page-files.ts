import { constants } from 'node:fs';
import { access, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { MadeManager } from '../report/make-report.ts';
import type { PageAssets } from '../report/page/build-page.ts';
import { UsageError } from './usage.ts';

/**
 * Where the pages of a report go: `index.html` and `manager-<name>.html` in a folder, or a file and `<file>-<name>.html`
 * beside it. A page is written beside its place first, so that nobody ever reads half of one.
 */
export class PageFiles {
  /** The page that a person opens. */
  readonly first: string;
  readonly #single: boolean;
  readonly #fileOf: (manager: string) => string;

  constructor(path: string, manager: string | undefined) {
    const isFile = /\.html?$/i.test(path);
    const [folder, stem] = isFile ? [dirname(path), basename(path).replace(/\.html?$/i, '')] : [path, 'manager'];
    this.#single = manager !== undefined;
    this.#fileOf = (name) => join(folder, `${stem}-${name}.html`);
    this.first = resolve(isFile ? path : manager === undefined ? join(path, 'index.html') : this.#fileOf(manager));
  }

  /** Before anything is read, which may take minutes. Throws `UsageError`. */
  async prepare(): Promise<void> {
    const folder = dirname(this.first);
    await orNamed(this.first, async () => {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    });
    const isFolder = await stat(this.first).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) throw refused(this.first, 'EISDIR');
  }

  /** Relative to the first page, which lies beside it. */
  readonly hrefOf = (manager: string): string => basename(this.#fileOf(manager));

  async writeManager({ report, page }: MadeManager, assets: PageAssets): Promise<void> {
    if (this.#single) await writePage(this.first, await page(assets, null));
    else await writePage(this.#fileOf(report.manager), await page(assets, basename(this.first)));
  }

  async writeFleet(page: string): Promise<void> {
    await writePage(this.first, page);
  }
}

export async function writePage(file: string, text: string | Buffer): Promise<void> {
  await orNamed(file, async () => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  });
}

async function orNamed(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw refused(file, (error as NodeJS.ErrnoException).code ?? 'unknown error');
  }
}

/** What people can do about it; of other errors the code says more than we could. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EEXIST: 'a file has the name of the folder',
  ENOTDIR: 'a file has the name of the folder',
  EISDIR: 'a folder has this name',
};

const refused = (file: string, code: string) =>
  new UsageError(
    `${file} cannot be written: ${REASONS[code] ?? 'the system refuses'} (${code}). Name another place: --html PATH, a folder or a file *.html.`,
  );

import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolders, PUBLIC_FOLDER } from '../base/folders.ts';
import { outputProblem, writeOutputBelow } from '../base/output-files.ts';
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
    try {
      const folder = dirname(this.first);
      await makeFolders(folder, PUBLIC_FOLDER);
      await access(folder, constants.W_OK);
      const found = await stat(this.first).catch(() => undefined);
      if (found?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
    } catch (error) {
      const problem = outputProblem(error, this.first, PAGES);
      throw problem === undefined ? error : new UsageError(problem);
    }
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

const PAGES = { option: '--html', is: 'file' } as const;

export async function writePage(file: string, text: string | Buffer): Promise<void> {
  await writeOutputBelow(file, text, PAGES);
}

import { mkdir, rename, writeFile } from 'node:fs/promises';
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
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  } catch (error) {
    throw new UsageError(
      `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}). Name another place: --html PATH.`,
    );
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPage, type PageAssets } from './build-page.ts';

/** Beside the code that was built, in its folder or in the one above. */
export const PAGE_FILE = 'report-page.json';

let assets: PageAssets | undefined;

/** Those of the package, built when it was packed; in a checkout they are built now, in a third of a second. */
export function pageAssets(): PageAssets {
  const built = ['./', '../'].map((folder) => fileURLToPath(new URL(folder + PAGE_FILE, import.meta.url)));
  const file = built.find((one) => existsSync(one));
  assets ??= file === undefined ? buildPage() : (JSON.parse(readFileSync(file, 'utf8')) as PageAssets);
  return assets;
}

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Copies what people read into `pages/`, where the generator finds its own packages beside it. */

const root = new URL('../', import.meta.url);
const pages = new URL('pages/', import.meta.url);
const READ = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs',
  'bench',
  'tools',
  'test',
];

rmSync(pages, { recursive: true, force: true });
for (const name of READ) {
  cpSync(new URL(name, root), fileURLToPath(new URL(name, pages)), {
    recursive: true,
    // Of folders with code their pages and pictures alone.
    filter: (file) => !file.includes('fixtures') && (!/\.\w+$/.test(file) || /\.(md|svg|png)$/.test(file)),
  });
}

// The site shows no HTML of pages: `<manager>` is a word there. Of a picture it has the one for light, wide screens; the
// generator adds the narrow one (narrow-pictures.ts).
for (const page of readdirSync(pages, { recursive: true, encoding: 'utf8' })) {
  if (!page.endsWith('.md')) continue;
  const text = readFileSync(new URL(page, pages), 'utf8');
  const shown = text.replaceAll(/<picture>[\s\S]*?<img src="([^"]+)" alt="([^"]+)">\s*<\/picture>/g, '![$2]($1)');
  if (shown !== text) writeFileSync(new URL(page, pages), shown);
}

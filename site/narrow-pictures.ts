import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

/** As in the pages of the repository. */
const NARROW = '(max-width: 600px)';

/** `<img …>` of a picture that has a `-narrow` one beside it becomes a `<picture>` that a phone takes the narrow one of. */
export function withNarrow(img: string, page: string): string {
  const wide = /\bsrc="([^"]+)\.svg"/.exec(img)?.[1];
  if (wide === undefined || !existsSync(join(dirname(page), `${decodeURI(wide)}-narrow.svg`))) return img;
  return `<picture><source media="${NARROW}" srcset="${wide}-narrow.svg">${img}</picture>`;
}

/** Throws when a narrow picture is on no page of the site. */
export function requireNarrow(pictures: string, outDir: string): void {
  const named = readdirSync(pictures).filter((file) => file.endsWith('-narrow.svg'));
  const pages = readdirSync(outDir, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'));
  const sources = pages.flatMap(
    (page) => readFileSync(join(outDir, page), 'utf8').match(/<source media="[^>]*>/g) ?? [],
  );
  for (const file of named) {
    const name = file.replace('.svg', '');
    if (!sources.some((source) => source.includes(name) && source.includes(NARROW)))
      throw new Error(`No page of the site shows ${file} on a narrow screen.`);
  }
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { requireNarrow, withNarrow } from '../narrow-pictures.ts';

/**
 * The documentation as a site, from the same files that the repository shows. A link to a page that does not exist ends the
 * build. The search runs in the browser.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The first heading of a page. */
const titleOf = (page: string) =>
  /^# (.+)$/m.exec(readFileSync(`${root}${page}`, 'utf8'))?.[1]?.replaceAll('`', '') ?? page;
const linkTo = (page: string) => ({
  text: titleOf(page),
  link: `/${page.replace(/README\.md$/, '').replace(/\.md$/, '')}`,
});
const folder = (name: string) =>
  readdirSync(`${root}docs/${name}`)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => linkTo(`docs/${name}/${file}`));
const folded = (text: string, items: { text: string; link: string }[]) => ({ text, collapsed: true, items });

/** Pages that earlier versions named lead on to where they are now. */
function writeForwards(outDir: string): void {
  const moved = JSON.parse(readFileSync(`${root}docs/moved.json`, 'utf8')) as Record<string, string>;
  for (const [old, page] of Object.entries(moved)) {
    const file = `${outDir}/docs/${old.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html')}`;
    const to = relative(dirname(`docs/${old}`), `docs/${page}`)
      .replace(/README\.md$/, 'index.md')
      .replace(/\.md$/, '.html');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0; url=${to}"><a href="${to}">${to}</a>\n`);
  }
}

export default defineConfig({
  title: 'cloudify-offsite',
  description: 'Off-site, verified and restorable backups of Cloudify Managers',
  srcDir: './pages',
  outDir: './dist',
  cacheDir: './.cache',
  // Titles of articles as version 0.1.0 named them: anchors for old messages, in the repository alone.
  srcExclude: ['docs/runbook.md'],
  buildEnd: ({ outDir }) => {
    writeForwards(outDir);
    requireNarrow(`${root}docs/pictures`, outDir);
  },
  rewrites: (page) => page.replace(/README\.md$/, 'index.md'),
  markdown: {
    config: (md) => {
      // `<manager>` in a sentence is a word, not an element.
      md.set({ html: false });
      const { image } = md.renderer.rules;
      if (!image) throw new Error('The generator draws no pictures any more.');
      md.renderer.rules.image = (tokens, at, options, env, self) =>
        withNarrow(image(tokens, at, options, env, self), String(env.realPath ?? env.path));
    },
  },
  // Code, which is in the repository and not on the site.
  ignoreDeadLinks: [/\/(?:lib|functions|folder-s3|simulator|statemachines)\//, /LICENSE$/, /\/runbook$/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Install', link: '/docs/how-to/install' },
      { text: 'Runbook', link: '/docs/runbook/' },
      { text: 'Errors', link: '/docs/reference/errors' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      { text: 'Overview', link: '/' },
      { text: 'Tutorials', items: folder('tutorials') },
      { text: 'How to', items: folder('how-to') },
      { text: 'Runbook', items: [linkTo('docs/runbook/README.md'), folded('All articles', folder('runbook'))] },
      {
        text: 'Reference',
        items: [
          ...folder('reference'),
          folded('Commands', folder('reference/commands')),
          folded('Each error', folder('reference/errors')),
        ],
      },
      {
        text: 'Explanation',
        items: [...folder('explanation'), folded('Decision records', folder('explanation/decisions'))],
      },
      {
        text: 'Contributors',
        items: ['CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'bench/README.md'].map(linkTo),
      },
    ],
  },
});

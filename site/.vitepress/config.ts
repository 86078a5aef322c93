import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

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
const pages = (...names: string[]) => names.map((name) => linkTo(`docs/${name}.md`));
const folder = (name: string) =>
  readdirSync(`${root}docs/${name}`)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => linkTo(`docs/${name}/${file}`));
const folded = (text: string, items: { text: string; link: string }[]) => ({ text, collapsed: true, items });

/** What a reader wants: to learn, to do one thing, to look something up, to understand. */
export const KINDS = {
  tutorials: ['install', 'local', 'deploy', 'console', 'construct', 'deploy-template'],
  guides: [
    'doctor',
    'scheduling',
    'notifications',
    'monitoring',
    'networks',
    'archives',
    'restore',
    'verify',
    'retention',
    'reconcile',
    'report',
    'stores',
    'testing-aws',
  ],
  reference: [
    'cli',
    'configuration',
    'secret',
    'manifest',
    'errors',
    'permissions',
    'limits',
    'cost',
    'licences',
    'glossary',
  ],
  explanation: ['design', 'managers', 'signatures'],
};
/** Old addresses that only lead on. */
const FORWARDS = ['runbook'];

/** Pages that nobody has given a kind yet stand in the last group: they are found, and somebody sees that it is missing. */
const given = new Set([...Object.values(KINDS).flat(), ...FORWARDS]);
const others = readdirSync(`${root}docs`).flatMap((file) => {
  const name = file.replace(/\.md$/, '');
  return file.endsWith('.md') && !given.has(name) ? [name] : [];
});

export default defineConfig({
  title: 'cloudify-offsite',
  description: 'Off-site, verified and restorable backups of Cloudify Managers',
  srcDir: './pages',
  outDir: './dist',
  cacheDir: './.cache',
  // Titles of articles as version 0.1.0 named them: anchors for old messages, in the repository alone.
  srcExclude: ['docs/runbook.md'],
  rewrites: (page) => page.replace(/README\.md$/, 'index.md'),
  // `<manager>` in a sentence is a word, not an element.
  markdown: { config: (md) => void md.set({ html: false }) },
  // Code, which is in the repository and not on the site.
  ignoreDeadLinks: [/\/(?:lib|functions|folder-s3|simulator|statemachines)\//, /LICENSE$/, /\/runbook$/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Install', link: '/docs/install' },
      { text: 'Runbook', link: '/docs/runbook/' },
      { text: 'Errors', link: '/docs/errors' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      { text: 'Overview', link: '/' },
      { text: 'Tutorials', items: pages(...KINDS.tutorials) },
      { text: 'How to', items: pages(...KINDS.guides) },
      { text: 'Runbook', items: [linkTo('docs/runbook/README.md'), folded('All articles', folder('runbook'))] },
      {
        text: 'Reference',
        items: [
          ...pages(...KINDS.reference),
          folded('Commands', folder('commands')),
          folded('Each error', folder('errors')),
        ],
      },
      { text: 'Explanation', items: [...pages(...KINDS.explanation), folded('Decision records', folder('decisions'))] },
      {
        text: 'Contributors',
        items: ['CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'bench/README.md'].map(linkTo),
      },
      ...(others.length > 0 ? [{ text: 'More', items: pages(...others) }] : []),
    ],
  },
});

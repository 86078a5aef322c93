import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ARTICLES, runbookPage } from '../../base/runbook.ts';

/** What every page of a report has in it beside the facts. */
export interface PageAssets {
  readonly style: string;
  /** The retention simulator: the product's own rules, for a browser. */
  readonly script: string;
  /** The runbook, by the name of its page. */
  readonly articles: Readonly<Record<string, { readonly title: string; readonly html: string } | undefined>>;
}

/** Of the checkout. */
const root = new URL('../../../', import.meta.url);
const file = (path: string) => fileURLToPath(new URL(path, root));

/** The style, the one script and the runbook, from their sources. Only a checkout has what is needed for it. */
export function buildPage(): PageAssets {
  const require = createRequire(import.meta.url);
  const { buildSync } = require('esbuild') as typeof import('esbuild');
  const { Marked } = require('marked') as typeof import('marked');
  const build = (entry: string) => {
    const { outputFiles } = buildSync({
      entryPoints: [file(entry)],
      absWorkingDir: file('.'),
      bundle: true,
      minify: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      target: ['chrome111', 'firefox113', 'safari16.4'],
      legalComments: 'none',
      charset: 'utf8',
      logLevel: 'error',
    });
    // Nothing in a script or a style may end its element.
    return (outputFiles[0]?.text ?? '').replaceAll('</', '<\\/').trim();
  };
  const marked = new Marked({ gfm: true });
  // Pages beside an article are not beside a report: of a link its text stays.
  marked.use({
    renderer: {
      link({ tokens }) {
        return this.parser.parseInline(tokens);
      },
    },
  });
  const articles = ARTICLES.map((name) => {
    const [, title = name, text = ''] = /^# (.+)\n([\s\S]*)$/.exec(readFileSync(file(runbookPage(name)), 'utf8')) ?? [];
    return [name, { title, html: marked.parse(text) as string }] as const;
  });
  return {
    style: build('lib/report/page/report.css'),
    script: build('lib/report/page/simulator.ts'),
    articles: Object.fromEntries(articles),
  };
}

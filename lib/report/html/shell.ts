import { createHash } from 'node:crypto';
import { capitalized } from '../../base/capitalized.ts';
import { type Article, runbookPage } from '../../base/runbook.ts';
import type { Origin } from '../model/fleet-report.ts';
import type { PageAssets } from '../page/build-page.ts';
import { type Html, html, trusted } from './escaped.ts';
import { definitions } from './glyphs.ts';
import { dayText, timeText } from './words.ts';

interface Page {
  readonly title: string;
  readonly origin: Origin;
  readonly body: Html;
  /** Where the page of all managers lies; null: this is it, or there is none. */
  readonly home: string | null;
  /** Articles of the runbook that the page names. */
  readonly articles: readonly Article[];
  /** Whether there is something to try out. */
  readonly hasScript: boolean;
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * A whole page in one file. Its policy allows this style, this script and nothing else: no request to anywhere, no handler
 * and no style in an attribute.
 */
export function pageOf(page: Page, { style, script, articles }: PageAssets): string {
  const { title, origin, body, home, hasScript } = page;
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    ...(hasScript ? [`script-src ${hashOf(script)}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${definitions()}
<div class="page">
<header class="top">
<div class="brand">${home === null ? 'cloudify-offsite' : html`<a href="${home}">← All managers</a>`}</div>
<div class="meta">${metaOf(origin)}</div>
</header>
<main id="main">
${body}
${runbookOf(page.articles, articles)}
</main>
<footer class="foot">
<p>Made on ${timeText(origin.period.now.toISOString())} by ${origin.software} from the records in <span class="mono">${origin.place}</span>. Times are UTC; days are those of each manager’s time zone. This page states facts; it certifies nothing.</p>
</footer>
</div>
${hasScript ? html`<script>${trusted(script)}</script>` : ''}
</body>
</html>`}\n`;
}

function metaOf({ installation, place, period }: Origin): Html {
  const [since, until] = [period.since.toISOString(), new Date(period.until.getTime() - 1).toISOString()];
  const now = timeText(period.now.toISOString());
  return html`Backup report · ${installation ?? place} · runs ${dayText(since)} – ${dayText(until)} · state of ${now}`;
}

/** Before `details`, for a browser that prints only what is open. */
export const ifClosed = (where: string): Html =>
  html`<p class="if-closed small muted">This browser does not print what is closed: open it before printing. ${where}</p>`;

/** `no-verified-archive` → “No verified archive”, as the article is called. */
export const articleLink = (article: Article): Html =>
  html`<a href="#runbook-${article}">${capitalized(article.replaceAll('-', ' '))}</a>`;

/** What is named is here: whoever reads this in the night, or from a mail, has no repository at hand. */
function runbookOf(named: readonly Article[], texts: PageAssets['articles']): Html {
  const wanted = [...new Set(named)].filter((article) => texts[article] !== undefined);
  if (wanted.length === 0) return html``;
  return html`<section id="runbook" aria-labelledby="runbook-title">
<h2 id="runbook-title">What to do</h2>
<p class="intro">The articles of the runbook that this page names.</p>
<div class="card">${wanted.map((article) => {
    const text = texts[article];
    return html`<details class="article"><summary>${text?.title} <span class="muted small mono">${runbookPage(article)}</span></summary><div id="runbook-${article}">${trusted(text?.html ?? '')}</div></details>`;
  })}</div>
</section>`;
}

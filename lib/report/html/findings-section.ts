import type { ReportFinding } from '../model/findings.ts';
import { type Html, html, shown } from './escaped.ts';
import { glyph } from './glyphs.ts';
import { articleLink } from './shell.ts';

interface Named {
  readonly finding: ReportFinding;
  /** Undefined: the page is about one manager. */
  readonly manager?: { readonly name: string; readonly href: string };
}

/** What a person should look at, in one sentence each, with the way to the article that says what to do. */
export function findingsSection(findings: readonly Named[], all: number): Html {
  const more = all - findings.length;
  return html`<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">${all === 0 ? 'Nothing to look at' : 'What to look at'}</h2>
${
  all === 0
    ? html`<p class="calm">${glyph('verified')} No finding is open.</p>`
    : html`<ul class="findings">${findings.map(itemOf)}</ul>`
}
${more > 0 ? html`<p class="muted">And ${more} more on the pages of the managers.</p>` : ''}
</section>`;
}

function itemOf({ finding, manager }: Named): Html {
  const { kind, weight, message, article } = finding;
  const who = manager ? html`<a href="${manager.href}"><strong>${manager.name}</strong></a> · ` : '';
  return html`<li class="finding is-${weight}"><div class="mark">${glyph(weight === 'critical' ? 'failed' : 'flagged')}</div>
<div><p>${who}${shown(message)}</p><p class="next">${weight === 'critical' ? 'Not protected. ' : ''}<span class="mono">${kind}</span> · what to do: ${articleLink(article)}</p></div></li>`;
}

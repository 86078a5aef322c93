import { WATCHED } from '../charts/inventory-chart.ts';
import type { RestoreFact } from '../facts/restore-facts.ts';
import { type Html, html, shown, trusted } from './escaped.ts';
import { glyph } from './glyphs.ts';
import { count, sizeText, spanText, timeOf } from './words.ts';

const STATES = { succeeded: 'verified', partial: 'flagged', failed: 'failed' } as const;
const PHASES = [
  ['prepare', 1],
  ['approval', 0],
  ['upload', 2],
  ['restore', 3],
  ['verify', 4],
] as const;
const MOST_DIFFERENCES = 10;

/** Restores and restore tests: how long each phase took, what differed, and whether the evidence is signed. */
export function restoresSection(manager: string, restores: readonly RestoreFact[], chart: string | undefined): Html {
  const newest = [...restores].reverse();
  return html`<section id="restores" aria-labelledby="restores-title">
<h2 id="restores-title">Restores and restore tests</h2>
<p class="intro">With an archive of ${manager}, or onto it, of any time. Only a restore proves that a backup can be restored.</p>
${
  newest.length === 0
    ? html`<div class="card"><p class="muted">None is on record. <span class="mono">offsite restore --drill</span> restores an archive onto a manager that may be overwritten, and compares the two.</p></div>`
    : html`<div class="card">${
        chart === undefined
          ? ''
          : html`<figure class="chart"><figcaption><h3>Recovery time by phase</h3></figcaption><div class="scroll" tabindex="0" role="region" aria-label="Chart of the phases of restores">${trusted(chart)}</div>
<ul class="legend" aria-label="Phases">${PHASES.map(([phase, at]) => html`<li><span class="swatch s-phase-${at}"></span> ${phase}</li>`)}</ul></figure>`
      }<div class="scroll" tabindex="0" role="region" aria-label="Table of restores"><table class="stack">
<thead><tr><th scope="col">Started</th><th scope="col">What</th><th scope="col">Result</th><th scope="col">Archive, onto</th><th scope="col">Phases</th><th scope="col" class="right">RTO</th><th scope="col">Compared with the archive</th><th scope="col">Signature</th></tr></thead>
<tbody>${newest.map(rowOf)}</tbody></table></div></div>`
}
</section>`;
}

function rowOf(one: RestoreFact): Html {
  const { phases, rtoSeconds, input, isDrill, state, message } = one;
  return html`<tr><td class="num" data-label="Started">${timeOf(one.startedAt)}</td><td data-label="What">${isDrill ? 'test' : 'recovery'}${one.reason ? html`<br><span class="muted small">${shown(one.reason, 160)}</span>` : ''}</td>
<td class="num" data-label="Result">${glyph(STATES[state])} ${state}${one.error ? html`<br><span class="mono">${one.error}</span>` : ''}</td>
<td class="wrap" data-label="Archive, onto"><span class="mono">${one.snapshot ?? 'from a URL'}</span><br><span class="muted small">${one.manager ?? ''} → ${one.onto}${one.size === null ? '' : `, ${sizeText(one.size)}`}</span></td>
<td class="num small" data-label="Phases">${phases.map(({ phase, seconds }) => html`${phase} ${spanText(seconds)}${trusted('<br>')}`)}</td>
<td class="right num" data-label="RTO">${rtoSeconds === null ? '–' : spanText(rtoSeconds)}</td>
<td class="wrap" data-label="Compared with the archive">${comparedOf(one)}${differencesOf(one)}${state === 'succeeded' ? '' : html`${trusted(one.differenceCount > 0 ? '' : '<br>')}<span class="muted small">${shown(message, 300)}</span>`}</td>
<td data-label="Signature of the restore report">${input?.signature ?? 'not looked at'}</td></tr>`;
}

const MOST_TYPES = 6;

/** What the archive held, of what was compared: the first types by number. */
function comparedOf({ held, compared, notCompared }: RestoreFact): Html | string {
  if (compared.length === 0) return '';
  const first = WATCHED.filter((type) => held[type] !== undefined);
  const others = Object.keys(held).filter((type) => !first.some((one) => one === type));
  const numbers = [...first, ...others]
    .slice(0, MOST_TYPES)
    .map((type) => `${type} ${held[type]?.toLocaleString('en')}`);
  const listed = numbers.length > 0 ? ` (archive: ${numbers.join(', ')})` : '';
  const not = notCompared.length > 0 ? ` Not compared: ${notCompared.slice(0, MOST_TYPES).join(', ')}.` : '';
  return html`<span class="muted small">${count(compared.length, 'type')} compared by number${shown(listed, 300)}.${shown(not, 200)}</span><br>`;
}

function differencesOf({ differences, differenceCount, entityErrors, state }: RestoreFact): Html | string {
  const errors = entityErrors > 0 ? ` ${count(entityErrors, 'error')} in the manager’s log.` : '';
  if (differenceCount === 0) return state === 'failed' ? `Not compared.${errors}` : `No difference.${errors}`;
  const listed = differences.slice(0, MOST_DIFFERENCES).map(({ tenant, type, archive, manager }) => {
    const where = tenant === null ? '' : ` of ${shown(tenant, 60)}`;
    return html`${type}${where}: ${archive} → ${manager}${trusted('<br>')}`;
  });
  const more = differenceCount - listed.length;
  return html`${listed}${more > 0 ? `and ${more} more.` : ''}${errors}`;
}

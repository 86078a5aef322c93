import { EXPIRE_TAGS } from '../../config/lifecycle.ts';
import type { FleetRow } from '../model/fleet-row.ts';
import { type Html, html, trusted } from './escaped.ts';
import { glyph, legend, VERDICT_WORDS, verdictIcon } from './glyphs.ts';
import { cellsOf, sparkOf, stripOf } from './strip.ts';
import { count, dayText, percentText, restoreText, STAYS, sizeText, spanText } from './words.ts';

/** How the page of a manager is called, beside the one of all. */
export type HrefOf = (manager: string) => string;

/** A row for each manager, the worst first. */
export function fleetTable(rows: readonly FleetRow[], hrefOf: HrefOf): Html {
  const unit = cellsOf(rows[0]?.days ?? []).unit;
  return html`<section id="fleet" aria-labelledby="fleet-title">
<h2 id="fleet-title">Managers</h2>
<p class="intro">The worst first. A bar is a ${unit}${unit === 'week' ? ', by its worst run' : ''}. Size: the newest archive, and how it has changed.</p>
${
  rows.length === 0
    ? html`<div class="card"><p class="muted">There are no managers.</p></div>`
    : html`<div class="card table-card"><div class="scroll" tabindex="0" role="region" aria-label="Table of managers"><table class="fleet">
<thead><tr><th scope="col">Manager</th><th scope="col">Runs, ${dayText(rows[0]?.days[0]?.day ?? '')} to ${dayText(rows[0]?.days.at(-1)?.day ?? '')}</th><th scope="col">Newest archive</th><th scope="col">Success</th><th scope="col">Size</th><th scope="col">Archives stored</th><th scope="col">Last restore</th></tr></thead>
<tbody>${rows.map((row) => rowHtml(row, hrefOf))}</tbody></table></div><div class="pad">${legend()}</div></div>`
}
</section>`;
}

function rowHtml(row: FleetRow, hrefOf: HrefOf): Html {
  const { manager, verdict, days, successRate, counts, sizes, bytes, archives, lastRestore } = row;
  const lost = counts.failed + counts.missing + counts.damaged;
  return html`<tr>
<th scope="row" class="who"><a href="${hrefOf(manager)}">${manager}</a><span class="sub badge is-${verdict.state}">${verdictIcon(verdict.state)}${VERDICT_WORDS[verdict.state]}</span></th>
<td class="when" data-label="Runs">${stripOf(days)}</td>
<td data-label="Newest archive">${ageCell(row)}</td>
<td data-label="Success" class="num">${percentText(successRate)}<span class="sub">${lost === 0 ? count(counts.verified + counts.flagged, 'run') : `${lost} of ${lost + counts.verified + counts.flagged} lost`}</span></td>
<td data-label="Size">${sparkOf(sizes)}<span class="sub num">${sizes.length > 0 ? sizeText(sizes.at(-1) ?? 0) : '–'}</span></td>
<td data-label="Archives stored" class="classes"><span class="num">${archives}</span><span class="sub">${heldText(row)}${archives > 0 ? html`<br>${sizeText(bytes)}` : ''}</span></td>
<td data-label="Last restore" class="num">${
    lastRestore
      ? html`${lastRestore.state === 'succeeded' ? '' : glyph(lastRestore.state === 'failed' ? 'failed' : 'flagged')} ${dayText(lastRestore.at)}<span class="sub">${restoreText(lastRestore)}</span>`
      : html`<span class="muted">never</span>`
  }</td></tr>`;
}

function ageCell({ ageSeconds, stale, timing }: FleetRow): Html {
  const target = timing.targetHours;
  if (ageSeconds === null) return html`<span class="num is-failed">${glyph('failed')} none</span>`;
  const mark = stale === true ? glyph('failed') : '';
  return html`<span class="num">${mark} ${spanText(ageSeconds)}</span>${meter(ageSeconds, target)}<span class="sub">${target === null ? 'no target' : `target ${target} h`}</span>`;
}

/** How much of the target is used up; twice as much fills the bar. */
export function meter(ageSeconds: number, targetHours: number | null): Html | string {
  if (targetHours === null) return '';
  const used = Math.min(1, ageSeconds / (targetHours * 3600) / 2) * 100;
  const state = used > 50 ? 'failed' : 'verified';
  return html`<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">${trusted(
    `<rect class="fill-${state}" width="${Math.max(1, used).toFixed(1)}" height="6"/><rect class="fill-none" x="49.5" width="1" height="6"/>`,
  )}</svg>`;
}

/** `3 newest, 2 yearly, 28 daily` */
function heldText({ held }: FleetRow): string {
  return EXPIRE_TAGS.filter((tag) => held[tag] > 0)
    .map((tag) => `${held[tag]} ${STAYS[tag]}`)
    .join(', ');
}

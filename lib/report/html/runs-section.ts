import { PHASES, type Run } from '../model/runs.ts';
import { anchorOf } from './calendar.ts';
import { type Html, html, shown, trusted } from './escaped.ts';
import { glyph, STATE_WORDS } from './glyphs.ts';
import { ifClosed } from './shell.ts';
import { sizeText, spanText, timeOf } from './words.ts';

/** Rows at most in one table: the CSV has every run. */
const MOST_ROWS = 1000;

/** Every run with all its facts, the newest first; open where something went wrong is shown before. */
export function runsTable(runs: readonly Run[]): Html {
  const newest = [...runs].reverse();
  const odd = newest.filter(({ state }) => state !== 'verified');
  return html`${odd.length === 0 ? '' : tableOf(odd.slice(0, MOST_ROWS), 'Runs that were not verified, the newest first')}
${ifClosed('Every run is also in the CSV file: offsite report --csv.')}<details><summary>All ${runs.length} runs of the period</summary>${tableOf(newest.filter(({ state }) => state === 'verified').slice(0, MOST_ROWS), 'Verified runs, the newest first')}</details>`;
}

function tableOf(runs: readonly Run[], caption: string): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="stack"><caption>${caption}</caption>
<thead><tr><th scope="col">Due</th><th scope="col">Result</th><th scope="col" class="right">Size</th><th scope="col" class="right">Took</th><th scope="col">What happened</th></tr></thead>
<tbody>${runs.map(rowOf)}</tbody></table></div>`;
}

function rowOf(run: Run): Html {
  const { at, state, size, phases, error, message, reason, flags, isExpired } = run;
  const spent = phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const falls = flags.map(({ type, before, now, percent }) => `${type} ${before} → ${now} (−${percent} %)`);
  const told = [
    ...(error === null ? [] : [html`<strong class="mono">${shown(error, 80)}</strong> ${shown(message ?? '', 500)}`]),
    ...(error === null && message !== null ? [html`${shown(message, 500)}`] : []),
    ...(falls.length > 0 ? [html`${falls.join(', ')}`] : []),
    ...(reason === null ? [] : [html`<span class="muted">Started by hand: ${shown(reason, 200)}</span>`]),
    ...(isExpired ? [html`<span class="muted">Archive expired since.</span>`] : []),
  ];
  return html`<tr id="${anchorOf(run)}"><td class="num" data-label="Due">${timeOf(at)}</td><td class="num" data-label="Result">${glyph(state)} ${STATE_WORDS[state].replace(/:.*/, '')}</td>
<td class="right num" data-label="Size">${size === null ? '–' : sizeText(size)}</td><td class="right num" data-label="Took">${spent === 0 ? '–' : spanText(spent)}</td>
<td class="wrap" data-label="What happened">${told.map((one, index) => html`${index > 0 ? trusted('<br>') : ''}${one}`)}</td></tr>`;
}

const PHASE_WORDS = {
  prepare: 'prepare',
  snapshot: 'snapshot on the manager',
  copy: 'copy',
  verify: 'verify',
} as const;

export const phaseLegend = (): Html =>
  html`<ul class="legend" aria-label="Phases">${PHASES.map((phase, at) => html`<li><span class="swatch s-phase-${at + 1}"></span> ${PHASE_WORDS[phase]}</li>`)}</ul>`;

import { EXPIRE_TAGS } from '../../config/lifecycle.ts';
import type { Ladder } from '../charts/ladder-chart.ts';
import type { ArchiveFact } from '../model/archives.ts';
import type { ManagerReport } from '../model/manager-report.ts';
import type { Simulation } from '../page/simulation.ts';
import { type Html, html, jsonInScript, shown, trusted } from './escaped.ts';
import { glyph } from './glyphs.ts';
import { ifClosed } from './shell.ts';
import { count, dayText, STAYS, sizeText } from './words.ts';

/** Which archive goes when, what protects it, and what another policy would make of it. */
export function retentionSection(
  report: ManagerReport,
  ladder: Ladder | undefined,
  { now, isFolder }: { readonly now: Date; readonly isFolder: boolean },
): Html {
  const { archives, rules, bytes, monthlyCost } = report;
  const { held, days, undoDays } = rules.retention;
  return html`<section id="retention" aria-labelledby="retention-title">
<h2 id="retention-title">Retention</h2>
<p class="intro">The newest ${held} valid archives never expire (newest). Of the others the first of a year stays ${days.yearly} days, of a month ${days.monthly}, of a week ${days.weekly}, and every other ${days.daily} days. For the last ${undoDays} of these days it is hidden and can be brought back.</p>
${
  ladder === undefined
    ? html`<div class="card"><p class="muted">There is no archive yet.</p></div>`
    : html`<div class="card"><figure class="chart"><figcaption><h3>Timeline</h3><p>${count(archives.length, 'archive')}, ${sizeText(bytes)}${isFolder ? '' : `, about ${monthlyCost.toFixed(2)} USD a month by the prices of AWS`}. A bar goes from the time of an archive’s content to the day on which it is deleted; what is among the newest or kept has no end.${ladder.leftOut > 0 ? ` The oldest ${ladder.leftOut} are only in the table.` : ''}</p></figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="Timeline of retention" id="ladder">${trusted(ladder.svg)}</div>
<ul class="legend" aria-label="What protects an archive">${EXPIRE_TAGS.map((tag) => html`<li><span class="swatch s-${tag}"></span> ${STAYS[tag]}</li>`)}</ul></figure>
${simulator(report, ladder, now)}</div>
${ifClosed('Every archive is also in the JSON document: offsite report --json.')}<details class="card"><summary>All ${archives.length} archives: why each stays, until when, last verified</summary>${archivesTable(archives)}</details>`
}
</section>`;
}

const FIELDS = [
  ['held', 'Newest', 1],
  ['daily', 'Daily, days', 2],
  ['weekly', 'Weekly, days', 2],
  ['monthly', 'Monthly, days', 2],
  ['yearly', 'Yearly, days', 2],
  ['undoDays', 'Of these hidden', 1],
] as const;

/** Hidden until the script is there: without it nothing here would do anything. */
function simulator({ manager, rules, simulated }: ManagerReport, ladder: Ladder, now: Date): Html {
  const { retention, timeZone } = rules;
  const simulation: Simulation = {
    ...{ manager, timeZone, retention, now: now.toISOString(), scale: ladder.scale, row: ladder.row },
    ...{ rows: ladder.archives.map(({ snapshot }) => snapshot), archives: simulated },
  };
  const values = { held: retention.held, undoDays: retention.undoDays, ...retention.days };
  return html`<div class="simulator" id="simulator" hidden>
<h3 class="first" id="simulator-title">What would another policy keep?</h3>
<p class="muted small">Change a number: the timeline shows what would become of today’s archives, by the rules of the product itself. Nothing is changed anywhere.</p>
<fieldset aria-labelledby="simulator-title">${FIELDS.map(
    ([name, label, least]) =>
      html`<label>${label}<input type="number" name="${name}" value="${values[name]}" min="${least}" max="36500" step="1" inputmode="numeric" aria-describedby="simulated"></label>`,
  )}</fieldset>
<output id="simulated" aria-live="polite"></output>
<button type="button" id="simulator-reset">Back to the policy in force</button>
</div>
<script type="application/json" id="simulation">${jsonInScript(simulation)}</script>`;
}

function archivesTable(archives: readonly ArchiveFact[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Archives"><table class="stack"><caption>The newest first</caption>
<thead><tr><th scope="col">Content of</th><th scope="col">State</th><th scope="col">Class</th><th scope="col">Why it stays</th><th scope="col">Hidden from</th><th scope="col">Deleted</th><th scope="col">Locked until</th><th scope="col">Last verified</th><th scope="col" class="right">Size</th></tr></thead>
<tbody>${[...archives].reverse().map(archiveRow)}</tbody></table></div>`;
}

const IS = { good: 'verified', flagged: 'flagged', damaged: 'damaged', gone: 'damaged' } as const;

function archiveRow(one: ArchiveFact): Html {
  const day = (time: string | null, none: string) =>
    time === null ? html`<span class="muted">${none}</span>` : dayText(time);
  return html`<tr><td class="num" title="${one.snapshot}" data-label="Content of">${dayText(one.takenAt)}</td><td class="num" data-label="State">${glyph(IS[one.is])} ${one.is}</td><td data-label="Class">${one.class}</td>
<td class="wrap" data-label="Why it stays">${shown(one.why, 300)}</td><td class="num" data-label="Hidden from">${day(one.hiddenAt, 'never')}</td><td class="num" data-label="Deleted">${day(one.goneAt, 'never')}</td><td class="num" data-label="Locked until">${day(one.lockedUntil, 'no lock')}</td>
<td class="num" data-label="Last verified">${dayText(one.verifiedAt)} <span class="muted small">${one.isScrubbed ? 're-read' : 'at its export'}</span></td><td class="right num" data-label="Size">${sizeText(one.size)}</td></tr>`;
}

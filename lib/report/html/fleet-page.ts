import type { FleetReport } from '../model/fleet-report.ts';
import type { FleetRow } from '../model/fleet-row.ts';
import { VERDICTS } from '../model/verdict.ts';
import { type Html, html, trusted } from './escaped.ts';
import { findingsSection } from './findings-section.ts';
import { fleetTable, type HrefOf } from './fleet-table.ts';
import { glyph, VERDICT_WORDS, verdictIcon } from './glyphs.ts';
import { controlsSection, policySection } from './policy-sections.ts';
import { termsSection } from './terms-section.ts';
import { tile, tiles } from './tiles.ts';
import { count, dayText, restoreText, spanText, timeOf } from './words.ts';

/** The page of all managers. `charts`: drawn before, since a page waits for nothing. */
export function fleetBody(report: FleetReport, hrefOf: HrefOf, nightsChart: string | undefined): Html {
  const { rows, policy, controls, openFindings, otherFindings } = report;
  return html`${hero(report)}
<ul class="jump" aria-label="On this page"><li><a href="#findings">What to look at</a></li><li><a href="#fleet">Managers</a></li><li><a href="#policy">Policy</a></li><li><a href="#controls">Controls</a></li><li><a href="#integrity">Integrity</a></li><li><a href="#terms">Terms</a></li></ul>
${findingsSection([...topFindings(rows, hrefOf), ...otherFindings.map((finding) => ({ finding }))], openFindings)}
${fleetTable(rows, hrefOf)}
${nightsChart === undefined ? '' : nightsSection(nightsChart)}
${policySection(policy)}
${controlsSection(controls)}
${integritySection(report, hrefOf)}
${termsSection()}`;
}

const MOST_SHOWN = 12;

function topFindings(rows: readonly FleetRow[], hrefOf: HrefOf) {
  const all = rows.flatMap(({ manager, findings }) =>
    findings.map((finding) => ({ finding, manager: { name: manager, href: hrefOf(manager) } })),
  );
  const critical = all.filter(({ finding }) => finding.weight === 'critical');
  return [...critical, ...all.filter(({ finding }) => finding.weight !== 'critical')].slice(0, MOST_SHOWN);
}

function hero(report: FleetReport): Html {
  const { state, verdicts, rows } = report;
  return html`<section class="hero is-${state}" aria-labelledby="verdict">
<div class="say">${verdictIcon(state)}<div><h1 id="verdict">${headline(report)}</h1><p class="lead">${leadOf(report)}</p></div></div>
${
  rows.length === 0
    ? ''
    : html`<div class="split-wrap">${splitBar(report)}<ul class="split-legend">${VERDICTS.map(
        (one) =>
          html`<li class="is-${one}">${verdictIcon(one)} <b>${verdicts[one]}</b> <span>${VERDICT_WORDS[one].toLowerCase()}</span></li>`,
      )}</ul></div>`
}
${tiles(tilesOf(report))}
</section>`;
}

function headline({ verdicts, rows }: FleetReport): string {
  if (rows.length === 0) return 'There is nothing to report yet';
  const all = rows.length;
  if (verdicts['at-risk'] > 0)
    return `${verdicts['at-risk']} of ${count(all, 'manager')} ${verdicts['at-risk'] === 1 ? 'is' : 'are'} at risk`;
  if (verdicts.unknown > 0) return `Not known whether protected: ${verdicts.unknown} of ${count(all, 'manager')}`;
  return all === 1 ? 'The manager is protected' : `All ${all} managers are protected`;
}

function leadOf({ rows, origin, verdicts }: FleetReport): string {
  if (rows.length === 0)
    return 'No manager was ever exported here, and no configuration names one. Run an export first.';
  const first = rows[0];
  if (first && verdicts['at-risk'] > 0) return `${first.manager}: ${first.verdict.why}`;
  if (first && verdicts.unknown > 0)
    return origin.configured
      ? `${first.manager}: ${first.verdict.why}`
      : 'It is not known how old an archive may become: give --config with a schedule or alarmAfterHours.';
  return 'Every manager has a verified archive that is as young as its target asks.';
}

function splitBar({ verdicts, rows }: FleetReport): Html {
  let from = 0;
  const shares = VERDICTS.map((state) => {
    const width = (verdicts[state] / rows.length) * 100;
    const bar = `<rect class="fill-${state}" x="${from.toFixed(2)}" y="0" width="${Math.max(0, width - (from + width < 99.9 ? 0.3 : 0)).toFixed(2)}" height="4"/>`;
    from += width;
    return width === 0 ? '' : bar;
  });
  return html`<svg class="split" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">${trusted(shares.join(''))}</svg>`;
}

function tilesOf({
  worst,
  lastRestore,
  damaged,
  unsigned,
  forged,
  missing,
  unreadable,
  openFindings,
}: FleetReport): Html[] {
  const target = worst?.timing.targetHours ?? null;
  const isOver = worst?.stale === true;
  const bad = damaged + forged + missing + unreadable;
  return [
    tile(
      'RPO now, the worst',
      worst?.ageSeconds == null ? '–' : html`${isOver ? glyph('failed') : ''} ${spanText(worst.ageSeconds)}`,
      worst
        ? `${worst.manager}: age of its newest archive; ${target === null ? 'no target is known' : `target ${target} h`}`
        : 'there is no archive',
    ),
    tile(
      'Last restore',
      lastRestore ? dayText(lastRestore.at) : 'never',
      lastRestore
        ? `${lastRestore.manager}: ${restoreText(lastRestore)}`
        : 'no archive was ever restored, not even in a test',
    ),
    tile(
      'Damaged or unreadable',
      html`${bad > 0 ? glyph('failed') : ''} ${bad.toLocaleString('en')}`,
      `${count(damaged, 'archive')}, ${count(forged, 'forged record')}, ${missing} missing, ${unreadable} unreadable`,
    ),
    tile(
      'Unsigned records',
      unsigned.toLocaleString('en'),
      unsigned === 0 ? 'all that were read are signed' : 'without a signature',
    ),
    tile(
      'Open findings',
      html`${openFindings > 0 ? glyph('flagged') : ''} ${openFindings.toLocaleString('en')}`,
      openFindings === 0 ? 'nothing to look at' : 'listed below',
    ),
  ];
}

function nightsSection(chart: string): Html {
  return html`<section id="nights" aria-labelledby="nights-title"><figure class="card chart"><figcaption><h2 id="nights-title">Runs per day</h2>
<p>Of all managers together. What is not verified stands on top; each row above has the same day by day.</p></figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="Chart of runs per day">${trusted(chart)}</div></figure></section>`;
}

function integritySection({ rows, origin, unsigned }: FleetReport, hrefOf: HrefOf): Html {
  const signed = rows.reduce((sum, { records }) => sum + records.signed, 0);
  return html`<section id="integrity" aria-labelledby="integrity-title">
<h2 id="integrity-title">Integrity</h2>
<div class="card"><p>The page of each manager lists every record that it was made of, by key, version and SHA-256, and has commands to check them. They need the right to read the records in <span class="mono">${origin.place}</span>, and nothing of this product.</p>
<p class="muted">On ${timeOf(origin.period.now.toISOString())} the signatures of ${count(signed, 'record')} of ${count(rows.length, 'manager')} were checked; ${count(unsigned, 'record')} had none.${rows[0] ? html` The first: <a href="${hrefOf(rows[0].manager)}#inputs">records of ${rows[0].manager}</a>.` : ''}</p></div>
</section>`;
}

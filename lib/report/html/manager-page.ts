import type { Ladder } from '../charts/ladder-chart.ts';
import type { Control } from '../model/controls.ts';
import type { Origin } from '../model/fleet-report.ts';
import type { ManagerReport } from '../model/manager-report.ts';
import type { PolicyLine } from '../model/policy-line.ts';
import { agesCard } from './ages-section.ts';
import { calendarOf } from './calendar.ts';
import { type Html, html, trusted } from './escaped.ts';
import { findingsSection } from './findings-section.ts';
import { meter } from './fleet-table.ts';
import { glyph, VERDICT_WORDS, verdictIcon } from './glyphs.ts';
import { inputsSection } from './inputs-section.ts';
import { controlsSection, policySection } from './policy-sections.ts';
import { restoresSection } from './restores-section.ts';
import { retentionSection } from './retention-section.ts';
import { phaseLegend, runsTable } from './runs-section.ts';
import { termsSection } from './terms-section.ts';
import { tile, tiles } from './tiles.ts';
import { count, dayText, percentText, restoreText, sizeText, spanText, timeText } from './words.ts';

/** What was drawn before. */
export interface ManagerCharts {
  readonly size: string | undefined;
  readonly inventory: string | undefined;
  readonly duration: string | undefined;
  readonly restores: string | undefined;
  readonly ladder: Ladder | undefined;
}

interface Beside {
  readonly origin: Origin;
  /** The records lie in a folder. */
  readonly isFolder: boolean;
  readonly days: readonly string[];
  readonly charts: ManagerCharts;
  readonly policy: readonly PolicyLine[];
  readonly controls: readonly Control[];
}

export function managerBody(report: ManagerReport, { origin, isFolder, days, charts, policy, controls }: Beside): Html {
  const { place, period } = origin;
  const { manager, findings, runs, archives, restores } = report;
  return html`${hero(report)}
<ul class="jump" aria-label="On this page"><li><a href="#findings">What to look at</a></li><li><a href="#runs">Runs</a></li><li><a href="#content">Size and content</a></li><li><a href="#retention">Retention</a></li><li><a href="#restores">Restores</a></li><li><a href="#policy">Policy</a></li><li><a href="#controls">Controls</a></li><li><a href="#inputs">Integrity</a></li><li><a href="#terms">Terms</a></li></ul>
${findingsSection(
  findings.slice(0, MOST_FINDINGS).map((finding) => ({ finding })),
  findings.length,
)}
<section id="runs" aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2>
<p class="intro">${scheduleText(report)}</p>
<div class="card">${calendarOf(runs, days)}</div>
<div class="card">${gapsOf(report)}${runsTable(runs)}</div></section>
<section id="content" aria-labelledby="content-title"><h2 id="content-title">Size and content</h2>
<p class="intro">Sizes of archives, and numbers of items in them. A triangle that points up marks an archive with far less than those before it, one that points down an archive that is damaged or missing since. A cross below is a scheduled time without an archive. Of an expired archive the first phase is not known.</p>
<div class="two">${chartCard('Size of archives', charts.size)}${chartCard('Duration by phase', charts.duration, phaseLegend())}</div>
${charts.inventory === undefined ? '' : chartCard('Content of archives', charts.inventory)}</section>
${retentionSection(report, charts.ladder, { now: period.now, isFolder })}
<section id="verification" aria-label="Verification">${agesCard(archives, period.now)}</section>
${restoresSection(manager, restores, charts.restores)}
${policySection(policy)}
${controlsSection(controls)}
${inputsSection(report, { place, isFolder })}
${termsSection()}`;
}

const MOST_FINDINGS = 50;

function chartCard(name: string, svg: string | undefined, below: Html | string = ''): Html {
  return html`<figure class="card chart"><figcaption><h3>${name}</h3></figcaption>${
    svg === undefined
      ? html`<p class="muted">No archive of the period is recorded.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Chart: ${name}">${trusted(svg)}</div>${below}`
  }</figure>`;
}

function hero(report: ManagerReport): Html {
  const { manager, verdict } = report;
  return html`<section class="hero is-${verdict.state}" aria-labelledby="verdict">
<div class="say">${verdictIcon(verdict.state)}<div><h1 id="verdict"><span class="name">${manager}</span><br>${VERDICT_WORDS[verdict.state]}</h1><p class="lead">${verdict.why}</p></div></div>
${tiles(tilesOf(report))}
</section>`;
}

function tilesOf({
  manager,
  restores,
  status,
  timing,
  recoveryPoint,
  successRate,
  counts,
  archives,
  bytes,
  records,
  version,
}: ManagerReport): Html[] {
  const { archive, stale } = status;
  const last = restores.findLast((one) => one.manager === manager);
  const { targetHours } = timing;
  const { longest, over } = recoveryPoint;
  const lost = counts.failed + counts.missing + counts.damaged;
  const doubtful = records.forged + records.missing + records.unreadable;
  return [
    tile(
      'RPO now: age of the newest archive',
      archive ? html`${stale ? glyph('failed') : ''} ${spanText(archive.ageSeconds)}` : html`${glyph('failed')} none`,
      html`${meter(archive?.ageSeconds ?? 0, targetHours)}${targetHours === null ? 'no target is known' : `target ${targetHours} h`}`,
    ),
    tile(
      'Actual RPO: the longest gap',
      longest ? html`${over.length > 0 ? glyph('failed') : ''} ${spanText(longest.seconds)}` : '–',
      longest ? `from ${dayText(longest.from)} to ${dayText(longest.to)}` : 'no archive to calculate from',
    ),
    tile(
      'Runs that succeeded',
      percentText(successRate),
      `${count(counts.verified + counts.flagged, 'run')}, ${lost} lost`,
    ),
    tile(
      'Last restore',
      last ? dayText(last.recordedAt) : 'never',
      last
        ? `${restoreText({ ...last, isTest: last.isDrill })}, onto ${last.onto}`
        : 'no archive of it was ever restored, not even in a test',
    ),
    tile(
      'Archives',
      archives.length.toLocaleString('en'),
      `${sizeText(bytes)}${version ? `; manager ${version}` : ''}`,
    ),
    tile(
      'Records',
      html`${doubtful > 0 ? glyph('failed') : ''} ${(records.signed + records.unsigned).toLocaleString('en')}`,
      `${records.signed} signed, ${records.unsigned} unsigned, ${doubtful} forged, missing or unreadable`,
    ),
  ];
}

function scheduleText({ timing, status }: ManagerReport): string {
  const { schedule, timeZone, flexibleMinutes } = timing;
  if (schedule === null) return 'No schedule is known, so it is not known which runs are missing.';
  const late = flexibleMinutes > 0 ? `, up to ${flexibleMinutes} min later` : '';
  const next = /^\d/.test(status.nextRun) ? ` The next is due on ${timeText(status.nextRun)}.` : '';
  return `Schedule: ${schedule}, time zone ${timeZone}${late}.${next}`;
}

function gapsOf({ recoveryPoint, timing }: ManagerReport): Html | string {
  const { over } = recoveryPoint;
  if (over.length === 0) return '';
  return html`<h3 class="first">Gaps longer than the target of ${timing.targetHours} h</h3><ul>${over.map(
    ({ from, to, seconds }) =>
      html`<li><strong class="num">${spanText(seconds)}</strong> without a newer archive, ${timeText(from)} to ${timeText(to)}</li>`,
  )}</ul>`;
}

import type { Run } from '../model/runs.ts';
import { RUN_STATES } from '../model/runs.ts';
import { type Html, html, shown } from './escaped.ts';
import { glyph, legend, STATE_WORDS } from './glyphs.ts';
import { dayText, monthName, sizeText, spanText } from './words.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
/** Monday is 0. */
const weekdayOf = (day: string) => (new Date(day).getUTCDay() + 6) % 7;

/** A table with a column a week, so that it can be read cell by cell; only what went wrong is a link. */
export function calendarOf(runs: readonly Run[], days: readonly string[]): Html {
  const byDay = Map.groupBy(runs, ({ day }) => day);
  const weeks = weeksOf(days);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Calendar of runs"><table class="calendar">
<thead><tr><td></td>${monthsOf(weeks).map(({ name, span }) => html`<th scope="colgroup" colspan="${span}">${name}</th>`)}</tr></thead>
<tbody>${WEEKDAYS.map(
    (weekday, at) =>
      html`<tr><th scope="row">${at % 2 === 0 ? weekday : html`<span class="vh">${weekday}</span>`}</th>${weeks.map(
        (week) => {
          const day = week[at];
          return day === undefined ? html`<td></td>` : cellOf(day, byDay.get(day) ?? []);
        },
      )}</tr>`,
  )}</tbody></table></div>${legend()}`;
}

function weeksOf(days: readonly string[]): (string | undefined)[][] {
  const weeks: (string | undefined)[][] = [];
  for (const day of days) {
    if (weeks.length === 0 || weekdayOf(day) === 0) weeks.push([]);
    const week = weeks.at(-1);
    if (week) week[weekdayOf(day)] = day;
  }
  return weeks;
}

/** A name over the weeks that begin in a month; one of a single week has no room for it. */
function monthsOf(weeks: readonly (string | undefined)[][]): { name: string; span: number }[] {
  const months: { key: string; name: string; span: number }[] = [];
  for (const week of weeks) {
    const first = week.find((day) => day !== undefined) ?? '';
    const key = first.slice(0, 7);
    const last = months.at(-1);
    if (last?.key === key) last.span += 1;
    else months.push({ key, name: monthName(first), span: 1 });
  }
  return months.map(({ name, span }) => ({ name: span > 1 ? name : '', span }));
}

function cellOf(day: string, runs: readonly Run[]): Html {
  const state = RUN_STATES.find((one) => runs.some((run) => run.state === one)) ?? null;
  const text = runs.length === 0 ? `${dayText(day)}: not due` : runs.map((run) => factsOf(run)).join('; ');
  const inside = html`${glyph(state)}<span class="vh">${text}</span>`;
  const odd = runs.find((run) => run.state === state && state !== 'verified');
  return html`<td title="${text}">${odd ? html`<a href="#${anchorOf(odd)}">${inside}</a>` : inside}</td>`;
}

/** Every fact of a run in a line. */
function factsOf({ day, state, size, phases, error, message, isExpired, flags }: Run): string {
  const spent = phases.reduce((sum, { seconds }) => sum + seconds, 0);
  const facts = [
    `${dayText(day)}: ${STATE_WORDS[state]}`,
    ...(size === null ? [] : [sizeText(size)]),
    ...(spent > 0 ? [spanText(spent)] : []),
    ...flags.slice(0, 3).map(({ type, before, now }) => `${type} ${before} → ${now}`),
    ...(error === null ? [] : [`${error}${message ? ` (${shown(message, 120)})` : ''}`]),
    ...(isExpired ? ['expired since'] : []),
  ];
  return facts.join(', ');
}

export const anchorOf = ({ at }: Pick<Run, 'at'>): string => `run-${at.slice(0, 19).replaceAll(/[-:]/g, '')}`;

import { days } from '../../base/durations.ts';
import type { ArchiveFact } from '../model/archives.ts';
import { type Html, html, trusted } from './escaped.ts';
import { count, dayText } from './words.ts';

const BINS = [
  ['within 7 days', 7],
  ['8 to 30 days', 30],
  ['31 to 90 days', 90],
  ['longer ago', Number.POSITIVE_INFINITY],
] as const;

/** How long ago each stored archive was read in full, at its export or by a later verification. */
export function agesCard(archives: readonly ArchiveFact[], now: Date): Html {
  const ages = archives.map(({ verifiedAt }) => (now.getTime() - Date.parse(verifiedAt)) / days(1));
  const counts = BINS.map(([name, most], at) => {
    const least = BINS[at - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
    return { name, many: ages.filter((age) => age > least && age <= most).length };
  });
  const top = Math.max(1, ...counts.map(({ many }) => many));
  const oldest = [...archives].sort((a, b) => (a.verifiedAt < b.verifiedAt ? -1 : 1))[0];
  const scrubbed = archives.filter(({ isScrubbed }) => isScrubbed).length;
  return html`<div class="card"><h3 class="first">Last verified</h3>
<p class="muted small">Every archive is read byte by byte at its export. ${scrubbed} of ${count(archives.length, 'archive')} ${scrubbed === 1 ? 'was' : 'were'} re-read by a later verification and found valid. A bar counts archives by the later of these two dates.${oldest ? ` The longest ago: ${oldest.snapshot}, on ${dayText(oldest.verifiedAt)}.` : ''}</p>
<dl class="ages">${counts.map(
    ({ name, many }) =>
      html`<dt>${name}</dt><dd><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${trusted(`<rect class="fill-none" width="100" height="10" opacity=".25"/><rect class="fill-verified" width="${((many / top) * 100).toFixed(1)}" height="10"/>`)}</svg></dd><dd class="num right">${many}</dd>`,
  )}</dl></div>`;
}

import type { RunState } from '../model/runs.ts';
import type { VerdictState } from '../model/verdict.ts';
import { type Html, html, trusted } from './escaped.ts';

/** Every state has a shape as well as a colour: a page in grey, or seen by eyes without red and green, says the same. */
const SHAPES: Readonly<Record<RunState | 'none', string>> = {
  verified: '<rect x="1" y="1" width="10" height="10" rx="2.5" fill="currentColor"/>',
  flagged: '<path d="M6 .8 11.4 11H.6Z" fill="currentColor"/>',
  damaged: '<path d="M6 11.2.6 1h10.8Z" fill="currentColor"/>',
  failed: '<path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
  missing:
    '<rect x="1.75" y="1.75" width="8.5" height="8.5" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 1.6"/>',
  running: '<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="2"/>',
  none: '<circle cx="6" cy="6" r="1.2" fill="currentColor"/>',
};

const VERDICT_SHAPES: Readonly<Record<VerdictState, string>> = {
  protected:
    '<path d="M12 2 4 5v6c0 5 3.4 9.3 8 11 4.6-1.7 8-6 8-11V5Z" fill="currentColor"/><path d="m8 12 3 3 5.5-6" fill="none" stroke="var(--surface)" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>',
  'at-risk':
    '<path d="M12 2.5 23 21.500H1Z" fill="currentColor" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/><path d="M12 9v6" stroke="var(--surface)" stroke-width="2.4" stroke-linecap="round"/><circle cx="12" cy="18.3" r="1.4" fill="var(--surface)"/>',
  unknown:
    '<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2.5" stroke-dasharray="4 3"/><path d="M9.3 9.500a2.7 2.7 0 1 1 3.9 2.400c-.8.4-1.2.9-1.2 1.9" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/><circle cx="12" cy="17" r="1.3" fill="currentColor"/>',
};

export const STATE_WORDS: Readonly<Record<RunState | 'none', string>> = {
  verified: 'verified',
  flagged: 'flagged: content has dropped',
  damaged: 'damaged or missing since',
  failed: 'failed',
  missing: 'missing: never started',
  running: 'running',
  none: 'not due',
};

export const VERDICT_WORDS: Readonly<Record<VerdictState, string>> = {
  protected: 'Protected',
  'at-risk': 'At risk',
  unknown: 'Unknown',
};

/** Drawn once a page; each use names it. */
export const definitions = (): Html =>
  trusted(
    `<svg class="definitions" width="0" height="0" aria-hidden="true" focusable="false">${[
      ...Object.entries(SHAPES).map(([name, shape]) => `<symbol id="g-${name}" viewBox="0 0 12 12">${shape}</symbol>`),
      ...Object.entries(VERDICT_SHAPES).map(
        ([name, shape]) => `<symbol id="v-${name}" viewBox="0 0 24 24">${shape}</symbol>`,
      ),
    ].join('')}</svg>`,
  );

export const glyph = (state: RunState | null): Html =>
  html`<svg class="glyph is-${state ?? 'none'}" aria-hidden="true" focusable="false"><use href="#g-${state ?? 'none'}"/></svg>`;

export const verdictIcon = (state: VerdictState): Html =>
  html`<svg class="verdict-icon is-${state}" aria-hidden="true" focusable="false"><use href="#v-${state}"/></svg>`;

const LEGEND = ['verified', 'flagged', 'failed', 'missing', 'damaged', 'none'] as const;

export const legend = (): Html =>
  html`<ul class="legend" aria-label="Legend">${LEGEND.map(
    (state) => html`<li>${glyph(state === 'none' ? null : state)} ${STATE_WORDS[state]}</li>`,
  )}</ul>`;

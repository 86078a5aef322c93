import type { Control } from '../model/controls.ts';
import type { PolicyLine } from '../model/policy-line.ts';
import { type Html, html, shown } from './escaped.ts';
import { glyph } from './glyphs.ts';

export function policySection(lines: readonly PolicyLine[]): Html {
  return html`<section id="policy" aria-labelledby="policy-title">
<h2 id="policy-title">Policy and protection</h2>
<p class="intro">What the configuration says, and what storage says of itself as this report was made.</p>
<div class="card table-card scroll" tabindex="0" role="region" aria-label="Table of the policy">
<table class="stack"><thead><tr><th scope="col">What</th><th scope="col">Configured</th><th scope="col">Deployed</th></tr></thead>
<tbody>${lines.map(
    ({ what, configured, deployed, differs }) => html`<tr><th scope="row">${what}</th>
<td class="wrap" data-label="Configured">${configured ?? html`<span class="muted">no configuration at hand</span>`}</td>
<td class="wrap" data-label="Deployed">${differs ? html`${glyph('failed')} <strong>differs:</strong> ` : ''}${deployed ?? html`<span class="muted">not checked by this report</span>`}</td></tr>`,
  )}</tbody></table></div>
</section>`;
}

export function controlsSection(controls: readonly Control[]): Html {
  return html`<section id="controls" aria-labelledby="controls-title">
<h2 id="controls-title">Controls</h2>
<p class="intro">Which facts of this report support which control, and what is missing for it. Whether a control is met is for an auditor to say.</p>
<div class="card table-card scroll" tabindex="0" role="region" aria-label="Table of controls">
<table class="controls stack"><thead><tr><th scope="col">Control</th><th scope="col">Facts here</th><th scope="col">Missing</th></tr></thead>
<tbody>${controls.map(
    ({ id, framework, asks, facts, missing }) => html`<tr>
<th scope="row">${framework} ${id}<br><span class="muted small">${asks}</span></th>
<td data-label="Facts here">${listOf(facts, 'verified', 'None.')}</td>
<td data-label="Missing">${listOf(missing, 'missing', 'Nothing that this report can see.')}</td></tr>`,
  )}</tbody></table></div>
</section>`;
}

function listOf(lines: readonly string[], mark: 'verified' | 'missing', none: string): Html {
  if (lines.length === 0) return html`<span class="muted">${none}</span>`;
  return html`<ul>${lines.map((line) => html`<li>${glyph(mark)}<span>${shown(line)}</span></li>`)}</ul>`;
}

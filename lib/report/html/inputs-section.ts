import type { ManagerReport } from '../model/manager-report.ts';
import { checkCommands, type Records } from './check-commands.ts';
import { type Html, html } from './escaped.ts';
import { ifClosed } from './shell.ts';
import { count } from './words.ts';

/** What the page was made of. Rows are short: there may be a thousand. */
export function inputsSection(report: ManagerReport, records: Omit<Records, 'document'>): Html {
  const { manager, inputs } = report;
  const [first] = inputs;
  return html`<section id="inputs" aria-labelledby="inputs-title">
<h2 id="inputs-title">Integrity: what this page was made of</h2>
<p class="intro">${sumOf(report)} The SHA-256 is of the stored bytes.</p>
${keysOf(report)}
${first === undefined ? '' : html`<div class="card"><h3 class="first">To check these records yourself</h3>${checkCommands({ ...records, document: `manager-${manager}.json` }, first)}</div>`}
${ifClosed('The inputs are also in the JSON document: offsite report --json.')}<details class="card"><summary>All inputs by key, version and digest</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Table of inputs"><table class="inputs"><thead><tr><th scope="col">Key</th><th scope="col">Version</th><th scope="col">SHA-256</th><th scope="col">Signature</th></tr></thead>
<tbody>${inputs.map(
    ({ key, versionId, sha256, signature, signedBy }) =>
      html`<tr><td class="mono">${key}</td><td class="mono">${versionId ?? '–'}</td><td class="mono">${sha256}</td><td>${signature ?? '–'}${signedBy ? html` <span class="mono muted" title="${signedBy}">${signedBy.slice(0, 12)}</span>` : ''}</td></tr>`,
  )}</tbody></table></div></details>
</section>`;
}

function sumOf({ inputs, records: { signed, unsigned, forged, missing, unreadable } }: ManagerReport): string {
  const others = inputs.filter(({ signature }) => signature === null).length;
  const plain = others > 0 ? `, ${others} of kinds that are never signed` : '';
  const bad = [
    ...(forged > 0 ? [`${forged} forged`] : []),
    ...(missing > 0 ? [`${missing} missing before ${missing === 1 ? 'its' : 'their'} time`] : []),
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
  ];
  const rest = bad.length === 0 ? 'None was forged, missing or unreadable.' : `Not to be relied on: ${bad.join(', ')}.`;
  return `${count(inputs.length, 'record')}: ${signed} signed, ${unsigned} unsigned${plain}. ${rest}`;
}

/** A signature is worth as much as what is known of its key. */
function keysOf({ keys }: ManagerReport): Html | string {
  if (keys.length === 0) return '';
  return html`<ul class="intro keys">${keys.map(
    ({ fingerprint, known }) =>
      html`<li>Signed with the key <span class="mono">${fingerprint}</span>: ${
        known === 'trusted'
          ? 'trusted where this report was made.'
          : 'its public half lies beside the records, and nothing else confirms it. Compare it with the fingerprint that you have written down.'
      }</li>`,
  )}</ul>`;
}

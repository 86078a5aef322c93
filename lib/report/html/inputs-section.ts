import type { ManagerReport } from '../model/manager-report.ts';
import { type Html, html } from './escaped.ts';
import { ifClosed } from './shell.ts';
import { count } from './words.ts';

/** What the page was made of. Rows are short: there may be a thousand. */
export function inputsSection({ inputs, records }: ManagerReport): Html {
  const { signed, unsigned, forged, missing, unreadable } = records;
  return html`<section id="inputs" aria-labelledby="inputs-title">
<h2 id="inputs-title">Integrity: what this page was made of</h2>
<p class="intro">${count(inputs.length, 'record')}: ${signed} signed, ${unsigned} unsigned, ${forged} forged, ${missing} missing, ${unreadable} unreadable; the others are of kinds that are not signed. The SHA-256 is of the stored bytes. To check one in a bucket: <span class="mono">aws s3api get-object --bucket BUCKET --key KEY --version-id VERSION record.json</span> and <span class="mono">sha256sum record.json</span>. In a folder: <span class="mono">sha256sum FOLDER/KEY</span>. How to check all at once is in <span class="mono">docs/how-to/report.md</span>.</p>
${ifClosed('The inputs are also in the JSON document: offsite report --json.')}<details class="card"><summary>All inputs by key, version and digest</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Table of inputs"><table class="inputs"><thead><tr><th scope="col">Key</th><th scope="col">Version</th><th scope="col">SHA-256</th><th scope="col">Signature</th></tr></thead>
<tbody>${inputs.map(
    ({ key, versionId, sha256, signature, signedBy }) =>
      html`<tr><td class="mono">${key}</td><td class="mono">${versionId ?? '–'}</td><td class="mono">${sha256}</td><td>${signature ?? '–'}${signedBy ? html` <span class="mono muted" title="${signedBy}">${signedBy.slice(0, 12)}</span>` : ''}</td></tr>`,
  )}</tbody></table></div></details>
</section>`;
}

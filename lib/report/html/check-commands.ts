import type { Input } from '../facts/witness.ts';
import { type Html, html } from './escaped.ts';

/** Where the records are, for whoever wants to read them. */
export interface Records {
  /** A folder of this machine, or `s3://BUCKET`. */
  readonly place: string;
  readonly isFolder: boolean;
  /** How the JSON document of this report is called where it is kept. */
  readonly document: string;
}

/** A word of a shell, whatever is in it. */
const word = (text: string) => (/^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** Commands that can be pasted: they have this place and these keys in them. */
export function checkCommands({ place, isFolder, document }: Records, first: Input): Html {
  const [one, all] = isFolder
    ? [ofFolder(place, first), allOfFolder(place, document)]
    : [ofBucket(place, first), allOfBucket(place, document)];
  const store = isFolder ? '' : ' For another store than AWS, set AWS_ENDPOINT_URL to its address.';
  return html`<p>One record, here the first. The command prints the SHA-256 of the table:</p>
<pre tabindex="0" aria-label="Command for one record">${one}</pre>
<p>All of them, with the JSON document of this manager: <span class="mono">${document}</span> of a report that is kept, or what <span class="mono">offsite report --json --manager</span> prints. Nothing is printed where all agree. It needs <span class="mono">jq</span>.${store}</p>
<pre tabindex="0" aria-label="Command for all records">${all}</pre>`;
}

const ofFolder = (place: string, { key }: Input) => `sha256sum ${word(`${place}/${key}`)}`;

const allOfFolder = (place: string, document: string) =>
  `jq -r '.inputs[] | .sha256 + "  " + .key' ${word(document)} | (cd ${word(place)} && sha256sum --check --quiet)`;

const bucketOf = (place: string) => word(place.replace(/^s3:\/\//, ''));

function ofBucket(place: string, { key, versionId }: Input): string {
  const version = versionId === null ? '' : ` --version-id ${word(versionId)}`;
  return `aws s3api get-object --bucket ${bucketOf(place)} --key ${word(key)}${version} record.json > /dev/null && sha256sum record.json`;
}

const allOfBucket = (place: string, document: string) =>
  `jq -r '.inputs[] | [.sha256, .key, .versionId // "-"] | join("\\t")' ${word(document)} | while IFS=$'\\t' read -r sha256 key version; do
  [ "$version" = - ] && set -- || set -- --version-id "$version"
  aws s3api get-object --bucket ${bucketOf(place)} --key "$key" "$@" record.json > /dev/null
  echo "$sha256  record.json" | sha256sum --check --status || echo "$key: differs"
done`;

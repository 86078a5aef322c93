import { readFileSync, writeFileSync } from 'node:fs';
import type { StoreCapabilities } from '../lib/storage/capabilities.ts';
import { lacksOf } from '../lib/storage/lacks.ts';

/** How the commands ended on one bucket of a store: `ok`, or what a person is told. */
export interface ProductResult {
  readonly export: string;
  readonly again: string;
  readonly list: string;
  readonly verify: string;
  readonly reconcile: string;
  readonly restore: string;
}

/** One store with one kind of bucket, as test/stores/main.ts has found it. */
export interface StoreResult {
  readonly store: string;
  readonly version: string;
  readonly mode: 'versioned' | 'unversioned';
  readonly date: string;
  /** Null: it is refused, or the server does not start. */
  readonly capabilities: StoreCapabilities | null;
  /** Why it is refused. */
  readonly refused?: string;
  readonly product: ProductResult | null;
  readonly conformance: { readonly passed: number; readonly total: number; readonly missing: readonly string[] } | null;
}

const here = (file: string) => new URL(file, import.meta.url);
const RESULTS = here('store-results.json');
const DOCUMENT = here('../docs/reference/stores.md');
const MARK = '<!-- Written by npm run test:stores. -->\n';

export function readResults(): StoreResult[] {
  return JSON.parse(readFileSync(RESULTS, 'utf8')) as StoreResult[];
}

/** What follows the mark; what stands before it is written by hand. */
export function matrixOf(results: readonly StoreResult[]): string {
  const rows = results.map((one) => `| ${cellsOf(one).join(' | ')} |`);
  const failures = results.flatMap(failuresOf);
  return `${MARK}
| Store | Bucket | Tried | Commands | Replaced | Conformance |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

**Commands**: export twice, \`list\`, \`verify --all\`, \`reconcile\`, \`restore\`, with an archive of 12 MiB. **Replaced**: what the
store lacks, as listed above. **Conformance**: behaviours of S3 in \`test/conformance/\`; the product relies on few of them.
${failures.length === 0 ? '' : `\n${failures.join('\n')}\n`}`;
}

export function writeResults(results: readonly StoreResult[]): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  const [byHand = ''] = readFileSync(DOCUMENT, 'utf8').split(MARK);
  writeFileSync(DOCUMENT, `${byHand}${matrixOf(results)}`);
}

function cellsOf({ store, version, mode, date, capabilities, product, conformance }: StoreResult): string[] {
  const ends = product === null ? [] : Object.values(product);
  const works = ends.length > 0 && ends.every((end) => end === 'ok');
  return [
    `${store} ${version}`,
    mode,
    date,
    works ? 'all succeed' : capabilities === null ? 'refused' : 'see below',
    capabilities === null ? '-' : wordsOf(capabilities).join(', ') || 'nothing',
    conformance === null ? '-' : `${conformance.passed} of ${conformance.total}`,
  ];
}

const wordsOf = (store: StoreCapabilities) => lacksOf(store).map(({ what }) => what);

function failuresOf({ store, mode, refused, product, conformance }: StoreResult): string[] {
  const ends = Object.entries(product ?? {}).filter(([, end]) => end !== 'ok');
  const said = [
    ...(refused === undefined ? [] : [`refused: \`${refused}\``]),
    ...ends.map(([command, end]) => `\`${command}\`: \`${end}\``),
    ...(conformance?.missing ?? []).map((title) => `lacks "${title}"`),
  ];
  return said.length === 0 ? [] : [`- ${store}, ${mode}: ${said.join('; ')}`];
}

import type { RunReport } from '../../export/contract.ts';
import type { ExportResult } from '../../local/export.ts';
import type { StoreCapabilities } from '../../storage/capabilities.ts';
import { formatBytes } from '../usage.ts';
import { storeText } from './store-text.ts';

/** Where an export went. `store`: what a store that is neither AWS nor a folder was found to do. */
export interface Destination {
  readonly place: string;
  readonly store?: StoreCapabilities | undefined;
}

/** Another run has the night: it made the archive, or is at work on it. */
interface DuplicateDocument {
  readonly outcome: 'duplicate';
  readonly error?: undefined;
  readonly message: string;
  readonly manager: string;
  readonly snapshot: string;
  readonly owner: string;
  readonly verified: boolean;
}
export type ExportDocument = (RunReport & { readonly store?: StoreCapabilities }) | DuplicateDocument;

export const isDuplicate = (document: ExportDocument): document is DuplicateDocument =>
  document.outcome === 'duplicate';

/** The one JSON document of `--json`. */
export function documentOf(result: ExportResult, { store }: Destination): ExportDocument {
  if (result.outcome !== 'duplicate') return store === undefined ? result : { ...result, store };
  const { manager, snapshot, owner } = result.run;
  return { outcome: 'duplicate', message: duplicateText(result), manager, snapshot, owner, verified: result.verified };
}

/** What a person reads at the end. */
export function describeResult(result: ExportResult, to: Destination): string {
  if (result.outcome === 'duplicate') return `${duplicateText(result)}\n`;
  if (result.outcome === 'failed') return failureText(result);
  return successText(result, to);
}

function duplicateText({ run, verified }: Extract<ExportResult, { outcome: 'duplicate' }>): string {
  const what = verified ? 'has made its archive, which is verified' : 'is at work on it';
  return `Nothing to do: another execution owns ${run.snapshot} of manager ${run.manager} and ${what} (${run.owner}).`;
}

function failureText({ error, message, notes }: RunReport): string {
  return [`offsite: ${error}: ${message}`, ...notes.map((note) => `  ${note}`), ''].join('\n');
}

function successText({ archive, notes }: RunReport, { place, store }: Destination): string {
  if (!archive) return '';
  const rows: [string, string][] = [
    ['Archive', `${place}/${archive.key}`],
    ['Size', `${formatBytes(archive.size)} (${archive.size} bytes), CRC-32 ${archive.crc32}`],
    ['Verified', `all ${archive.memberCount} files, inflated from storage, each against its own CRC-32`],
    ['Snapshot', `${archive.format} format, written by Cloudify Manager ${archive.snapshotVersion}`],
    ['Holds', inventoryText(archive.totals)],
    ['Manifest', `${place}/${archive.manifest}`],
    ...(store === undefined ? [] : [['Store', storeText(store)] as [string, string]]),
    ...notes.map((note): [string, string] => ['Note', note]),
  ];
  return rows.map(([label, text]) => `${label.padEnd(10)}${text}\n`).join('');
}

/** What people count first. */
const FIRST = ['tenants', 'users', 'blueprints', 'deployments', 'plugins', 'secrets', 'executions'];

/** `2 tenants, 0 users` of what people count first. */
export function inventoryText(totals: Readonly<Record<string, number>>): string {
  return holdsOf(totals, () => true);
}

/** `2 tenants, 3 users` of those types whose number is `wanted`. */
export function holdsOf(totals: Readonly<Record<string, number>>, wanted: (count: number) => boolean): string {
  return FIRST.map((type) => [type, totals[type] ?? 0] as const)
    .filter(([, count]) => wanted(count))
    .map(([type, count]) => `${count} ${type}`)
    .join(', ');
}

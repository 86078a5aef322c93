import { ArchiveTooLarge, InvalidInput, type OffsiteError } from '../../base/errors.ts';
import { runbookPage } from '../../base/runbook.ts';
import type { Deps } from '../../deps.ts';
import { pathOf } from '../../manager/client.ts';
import type { RestoreInput } from '../input.ts';
import { optionWords } from '../option-words.ts';
import type { Plan, RestoreRun, Selection } from '../state.ts';
import { storedOf, urlOf } from './archive-source.ts';
import { isLoopback, registerSecrets } from './presigned-urls.ts';

/** How the archive gets to the manager, why, and what speaks against it. */
export interface MethodChoice {
  readonly method: Plan['method'];
  /** May be streamed after the upload by URL has failed. */
  readonly mayStream: boolean;
  readonly notes: readonly string[];
  readonly refusals: readonly OffsiteError[];
}

interface MethodFacts {
  readonly input: RestoreInput;
  readonly run: RestoreRun;
  readonly selection: Selection;
}

/** A signed URL leaks into the manager's logs (K6): as short as the manager's own limit of 300 s lets it be. */
const URL_SECONDS = 600;
/** gunicorn refuses a longer request line with an HTML 400 (contract.md §1.7). */
const MAX_REQUEST_LINE = 4094;
/** The manager's worker is killed at 300 s (contract.md §1.7); a fifth is left for storing what it has fetched. */
const MAX_FETCH_SECONDS = 240;

/**
 * The URL that the manager is to fetch: a signed one of the stored version, good for 10 min, or `archiveUrl`. It is a
 * credential; its secret parts are known to the redactor before this returns, and it must never leave the step.
 */
export async function uploadUrlOf(
  input: Pick<RestoreInput, 'archiveUrl'>,
  selection: Selection,
  deps: Pick<Deps, 'archive' | 'redactor' | 'clock'>,
): Promise<string> {
  const stored = storedOf(selection);
  const url = stored
    ? await deps.archive.presign(stored.key, stored.versionId, URL_SECONDS, deps.clock.now())
    : urlOf(input);
  registerSecrets(url, deps.redactor);
  return url;
}

/** Below `/api/v3.1`. The URL is encoded exactly once: not at all cuts it at its first `&` (contract.md §6.3). */
export function uploadPath(run: Pick<RestoreRun, 'snapshot'>, url: string): string {
  return `${pathOf(run.snapshot)}/archive?snapshot_archive_url=${encodeURIComponent(url)}`;
}

/** Decides between URL and stream. The URL is made to be measured, and thrown away. */
export async function chooseMethod(
  asked: MethodFacts,
  deps: Pick<Deps, 'archive' | 'redactor' | 'clock' | 'settings'>,
): Promise<MethodChoice> {
  const { input, run, selection } = asked;
  const url = await uploadUrlOf(input, selection, deps);
  const impossible = whyNotByUrl(run, url);
  const slow = whyTooSlow(selection.size, deps.settings.urlBytesPerSecond);
  const isStreamable = selection.size <= deps.settings.streamLimit;
  const method = input.method ?? 'auto';
  if (method === 'url') return byUrl({ impossible, slow });
  const obstacle = impossible ?? slow;
  if (method === 'auto' && !obstacle) {
    const notes = ['The manager fetches the archive by URL, which is quicker than streaming it.'];
    return { method: 'url', mayStream: isStreamable, notes, refusals: [] };
  }
  const why = method === 'stream' ? 'as the input says' : obstacle;
  const notes = [`The archive is streamed to the manager: ${why}. The manager holds all of it in memory meanwhile.`];
  const refusals = isStreamable ? [] : [tooLarge(asked, deps.settings.streamLimit, impossible)];
  return { method: 'stream', mayStream: false, notes, refusals };
}

/** Asked for: what cannot work is refused, what may be too slow is said. */
function byUrl({ impossible, slow }: { impossible: string | undefined; slow: string | undefined }): MethodChoice {
  const notes = ['The manager fetches the archive by URL, as the input says.'];
  if (slow) notes.push(`That may fail: ${slow}.`);
  const message = `${optionWords.methodUrl} cannot work here: ${impossible}. Use "auto" or "stream".`;
  const refusals = impossible ? [new InvalidInput(message)] : [];
  return { method: 'url', mayStream: false, notes, refusals };
}

function whyNotByUrl(run: RestoreRun, url: string): string | undefined {
  const line = `PUT /api/v3.1${uploadPath(run, url)} HTTP/1.1`;
  if (Buffer.byteLength(line) > MAX_REQUEST_LINE) {
    return `its URL makes a request line of ${Buffer.byteLength(line)} bytes, and managers take ${MAX_REQUEST_LINE}`;
  }
  if (isLoopback(url) && !isLoopback(run.node)) {
    return `${URL.parse(url)?.hostname} means this machine here, and on the manager it would mean the manager`;
  }
  return undefined;
}

function whyTooSlow(size: number, bytesPerSecond: number): string | undefined {
  const seconds = Math.ceil(size / bytesPerSecond);
  if (seconds <= MAX_FETCH_SECONDS) return undefined;
  return `at ${megabytes(bytesPerSecond)} MB/s a fetch by URL takes ${seconds} s, and the manager gives up after 300 s`;
}

function tooLarge({ run, selection }: MethodFacts, limit: number, impossible: string | undefined): OffsiteError {
  const size = `The archive has ${megabytes(selection.size)} MB; ${megabytes(limit)} MB is the most that one stream to manager ${run.manager} can carry`;
  const instead = impossible
    ? `By URL it cannot go either: ${impossible}`
    : `If the manager fetches faster than OFFSITE_URL_BYTES_PER_SECOND allows for, raise that, or give ${optionWords.methodUrl}`;
  return new ArchiveTooLarge(`${size}. ${instead}. By hand: ${runbookPage('restoring-by-hand')}.`);
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

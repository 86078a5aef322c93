import {
  ManagerUnavailable,
  SnapshotFailed,
  SnapshotLost,
  SourceChanged,
  TransferInterrupted,
  UnexpectedReply,
} from '../base/errors.ts';
import type { ResponseHead } from './body-stream.ts';
import { errorOf } from './replies.ts';
import type { Reply } from './reply.ts';

/** The archive that a body must belong to, as the first look at it found it. */
export interface PinnedArchive {
  readonly size: number;
  /** Null only without ranges. */
  readonly etag: string | null;
  /** Whether the manager serves byte ranges of it. */
  readonly ranges: boolean;
}

/** Throws unless what follows are the bytes `start … end` of that very archive. `at` begins the sentences. */
export function assertRange(
  { statusCode, headers }: ResponseHead,
  pinned: PinnedArchive,
  [start, end]: readonly [number, number],
  at: string,
): void {
  const changed = (what: string) =>
    new SourceChanged(`${at} changed after the transfer was planned: ${what}. The next run will copy the new one.`);
  if (pinned.etag !== null && strongEtag(headers.etag) !== pinned.etag) throw changed('it has another ETag');
  if (one(headers['content-encoding'])) throw new UnexpectedReply(`${at} came with a content encoding.`);
  const wanted = pinned.ranges ? 206 : 200;
  if (statusCode !== wanted) {
    throw new TransferInterrupted(`${at} answered HTTP ${statusCode} where ${wanted} was asked for.`);
  }
  const range = one(headers['content-range']);
  if (pinned.ranges && range !== `bytes ${start}-${end}/${pinned.size}`) {
    if (range?.endsWith(`/${pinned.size}`) === false) throw changed(`its size is now ${range.split('/').at(-1)}`);
    throw new TransferInterrupted(`${at} sent "${range}" where bytes ${start}-${end} were asked for.`);
  }
  const length = one(headers['content-length']);
  if (!pinned.ranges && length !== undefined && Number(length) !== pinned.size)
    throw changed(`it has ${length} bytes now`);
}

/** What a status other than 200 and 206 means. */
export function refusalOf(reply: Reply, at: string): Error {
  if (reply.status === 404) {
    const whose = reply.code === 'not_found_error' ? 'no such snapshot' : 'the snapshot exists, its file does not';
    return new SnapshotLost(`${at} is not there (${whose}).`);
  }
  if (reply.code === 'snapshot_action_error') return new SnapshotFailed(`${at} is of a failed snapshot.`);
  if (reply.status === 416) return new SourceChanged(`${at} is shorter than when the transfer was planned.`);
  return errorOf(reply, at);
}

export function pageInstead(at: string): ManagerUnavailable {
  return new ManagerUnavailable(`${at} came as an HTML page. Is there a login page or a proxy in the way?`);
}

export const isDone = (statusCode: number) => statusCode === 200 || statusCode === 206;

/** Managers send archives as octets or zip; a page with HTTP 200 is of something in between, and passes. */
export const isPage = ({ statusCode, headers }: ResponseHead) =>
  isDone(statusCode) && one(headers['content-type'])?.startsWith('text/html') === true;

export const isArchive = (head: ResponseHead) => isDone(head.statusCode) && !isPage(head);

/** Of the whole archive: the number after the slash of a partial answer, else the length. */
export function sizeIn({ statusCode, headers }: ResponseHead): number {
  const whole = statusCode === 206 ? one(headers['content-range'])?.split('/')[1] : one(headers['content-length']);
  return Number(whole ?? Number.NaN);
}

export function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** A weak ETag must not be used in `If-Range` (RFC 9110 §13.1.5). */
export function strongEtag(header: string | string[] | undefined): string | null {
  const etag = one(header);
  return etag?.startsWith('"') ? etag : null;
}

import type { IncomingHttpHeaders } from 'node:http';

/** What nginx knows about a static file. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
  readonly modifiedSeconds: number;
}

export interface ByteSpan {
  readonly start: number;
  readonly length: number;
}

const listed = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);

/** The preconditions of nginx: 412, 304 or none. `If-Modified-Since` must be equal, not later (observed). */
export function precondition(headers: IncomingHttpHeaders, file: Validators): 412 | 304 | undefined {
  const match = headers['if-match'];
  if (match !== undefined && !listed(match, file.etag)) return 412;
  const unmodified = headers['if-unmodified-since'];
  if (match === undefined && unmodified !== undefined && Date.parse(unmodified) / 1000 < file.modifiedSeconds)
    return 412;
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return listed(noneMatch, file.etag) ? 304 : undefined;
  return headers['if-modified-since'] === file.lastModified ? 304 : undefined;
}

/** `If-Range` takes the ETag or the very date; anything else means: the whole file, please. */
export function isRangeWanted(headers: IncomingHttpHeaders, file: Validators): boolean {
  const condition = headers['if-range'];
  if (Array.isArray(condition)) return false;
  return condition === undefined || condition === file.etag || condition === file.lastModified;
}

/**
 * The spans of a Range header: `undefined` is no range at all (or another unit), `[]` not satisfiable. Malformed and
 * reversed ranges count as not satisfiable, and an empty file has no ranges (observed).
 */
export function spansOf(range: string | undefined, size: number): ByteSpan[] | undefined {
  if (range === undefined || !range.startsWith('bytes=') || size === 0) return undefined;
  const parts = range
    .slice('bytes='.length)
    .split(',')
    .map((part) => /^\s*(\d*)-(\d*)\s*$/.exec(part));
  if (parts.some((part) => part === null)) return [];
  const spans = parts.map((part) => spanOf(part?.[1] ?? '', part?.[2] ?? '', size));
  if (spans.some((span) => span === 'malformed')) return [];
  return spans.filter((span): span is ByteSpan => typeof span === 'object');
}

function spanOf(first: string, last: string, size: number): ByteSpan | 'malformed' | undefined {
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (last === '') return 'malformed';
    return length === 0 ? undefined : { start: size - length, length };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'malformed';
  return start >= size ? undefined : { start, length: end - start + 1 };
}

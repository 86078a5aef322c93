import { createHash } from 'node:crypto';
import type { Approvable } from './records.ts';

/** SHA-256 of a JSON value, whatever the order of its fields. */
export function jsonDigest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

export const digestOf = (what: Approvable): string => jsonDigest(what);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, sorted(field)]));
}

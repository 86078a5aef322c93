import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import type { Approvable } from './records.ts';

/** SHA-256 of a JSON value, whatever the order of its fields. */
export function jsonDigest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

export const digestOf = (what: Approvable): string => jsonDigest(what);

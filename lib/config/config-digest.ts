import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import type { OffsiteConfig } from './offsite-config.ts';

/** Tells whether two configurations are the same, with all defaults in them; a tag of what is deployed. */
export function configDigest(config: OffsiteConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, 16);
}

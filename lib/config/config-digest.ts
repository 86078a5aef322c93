import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import type { OffsiteConfig } from './offsite-config.ts';

/** Tells whether two configurations are the same, with all defaults in them; a tag of what is deployed. */
export function configDigest(config: OffsiteConfig): string {
  // Nothing of what one machine needs is deployed.
  const { $schema: _, local: _local, ...rest } = config;
  const managers = config.managers.map(({ local: _own, ...manager }) => manager);
  return createHash('sha256')
    .update(canonicalJson({ ...rest, managers }))
    .digest('hex')
    .slice(0, 16);
}

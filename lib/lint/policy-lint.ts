import { lifecycleRules } from '../config/lifecycle.ts';
import type { OffsiteConfig } from '../config/offsite-config.ts';
import { lintDrills } from './drills.ts';
import type { Finding } from './finding.ts';
import { lintLimits } from './limits.ts';
import { lintLocal } from './local.ts';
import { lintProtections } from './protections.ts';
import { lintStorage } from './storage.ts';
import { lintTiming } from './timing.ts';

/**
 * What a valid configuration would do that nobody wants: found before anything is deployed. `rules` are those that the
 * bucket gets.
 */
export function lintPolicy(config: OffsiteConfig, rules = lifecycleRules(config.retention)): Finding[] {
  return [
    ...lintStorage(config, rules),
    ...lintTiming(config),
    ...lintDrills(config),
    ...lintProtections(config),
    ...lintLocal(config),
    ...lintLimits(config),
  ];
}

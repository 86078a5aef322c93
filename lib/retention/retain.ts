import { OffsiteError } from '../base/errors.ts';
import { retryOrError } from '../base/retry.ts';
import type { Deps } from '../deps.ts';
import { type ApplyRetentionUse, applyRetention } from './apply.ts';
import type { Recorded } from './index-rows.ts';

export type RetainDeps = ApplyRetentionUse & Pick<Deps, 'signal' | 'log' | 'metrics'>;

/**
 * `applyRetention` within a run whose archive is verified and recorded: no trouble with tags may lose that. Without its
 * tag an archive stays too long, never too short; so it is logged and counted, and the next run does it again.
 * `recorded`: what this run has just recorded.
 */
export async function retain(manager: string, deps: RetainDeps, recorded?: Recorded): Promise<void> {
  const applied = await retryOrError(() => applyRetention(manager, deps, recorded), deps);
  if (applied instanceof OffsiteError) {
    deps.metrics.put('RetentionFailed', 'Count', 1, manager);
    deps.log.warn(`Retention could not be applied; what should expire stays until the next run: ${applied.message}`, {
      manager,
      error: applied.name,
    });
    return;
  }
  if (applied.refused.length > 0) deps.metrics.put('RetentionFailed', 'Count', 1, manager);
  for (const why of applied.refused) deps.log.warn(`Retention could not be applied in full: ${why}`, { manager });
  if (!applied.settled) deps.log.warn('Records kept changing while retention was applied.', { manager });
  for (const { key, from, to } of applied.changed) deps.log.info(`${key}: expire=${to}, was ${from ?? 'not tagged'}.`);
}

import { Metrics } from '@aws-lambda-powertools/metrics';
import { NAMESPACE } from '../base/metric-names.ts';
import type { Deps } from '../deps.ts';

/**
 * Numbers in CloudWatch, by installation (the dimension `service`) and manager, and the same once more by installation
 * alone: an alarm cannot add up managers. Each goes out at once, as a line of the log: nothing is left to be flushed when
 * a function is frozen or killed.
 */
export function metrics(installation: string): Deps['metrics'] {
  const powertools = new Metrics({ namespace: NAMESPACE, defaultDimensions: { service: installation } });
  return {
    put(name, unit, value, manager) {
      const ofManager = powertools.singleMetric();
      ofManager.addDimension('manager', manager);
      ofManager.addMetric(name, unit, value);
      powertools.singleMetric().addMetric(name, unit, value);
    },
  };
}

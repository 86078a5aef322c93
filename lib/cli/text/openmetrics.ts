import { Gauge, Registry } from 'prom-client';
import { GAUGES, type GaugeName } from '../../status/gauges.ts';
import type { Sample } from '../../status/samples.ts';

export const CONTENT_TYPE = Registry.OPENMETRICS_CONTENT_TYPE;

/**
 * Gauges alone: what is written so is OpenMetrics, and the older text format of Prometheus as well, which the collector of
 * text files reads.
 */
export async function openMetrics(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const byName = Map.groupBy(samples, ({ name }) => name);
  for (const name of Object.keys(GAUGES) as GaugeName[]) {
    const found = byName.get(name);
    if (!found) continue;
    const { of, labels, help } = GAUGES[name];
    const labelNames = of === 'manager' ? ['manager', ...labels] : [...labels];
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const sample of found) gauge.set({ ...sample.labels }, sample.value);
  }
  return await registry.metrics();
}

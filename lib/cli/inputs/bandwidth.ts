import { dataRate } from '../../base/data-rate.ts';
import { type Rates, ratesOf } from '../../transfer/bandwidth.ts';
import type { Terminal } from '../usage.ts';
import { readConfig } from './config-file.ts';

export interface BandwidthOptions {
  readonly bandwidth?: number | undefined;
  readonly config?: string | undefined;
}

/** How fast this machine may send and read; the option counts more than `local.bandwidth` of the configuration. */
export async function ratesFrom(
  { bandwidth, config }: BandwidthOptions,
  { clock }: Pick<Terminal, 'clock'>,
): Promise<Rates> {
  const configured = bandwidth === undefined ? (await readConfig(config, undefined))?.local?.bandwidth : undefined;
  return ratesOf(clock, bandwidth ?? (configured === undefined ? undefined : dataRate(configured)));
}

import type { Proxies } from './proxies.ts';

/** How this process reaches managers, stores and AWS. */
export interface Network {
  readonly proxies: Proxies;
  /** PEM of the CAs that sign certificates of stores and of AWS; undefined: those that Node trusts. */
  readonly storeCa?: string | undefined;
}

/** Without proxies, with the certificates that Node trusts. */
export const direct: Network = { proxies: { noProxy: '' } };

/**
 * What a month of storage costs, to see what a policy is about and not to settle a bill: list prices of S3 for one GiB
 * and month, without requests, transfers, retrievals, replicas and discounts.
 */
export const PRICES = {
  region: 'us-east-1',
  currency: 'USD',
  /** As published then for the first 50 TB; not looked up since. */
  asOf: '2025-11',
  perGiBMonth: { STANDARD: 0.023, STANDARD_IA: 0.0125, GLACIER_IR: 0.004 } as Readonly<Record<string, number>>,
} as const;

const GiB = 1024 ** 3;

/** A class without a price here is reckoned as STANDARD: rather too much than too little. */
export function monthlyCost(bytes: number, storageClass: string): number {
  return (bytes / GiB) * (PRICES.perGiBMonth[storageClass] ?? PRICES.perGiBMonth['STANDARD'] ?? 0);
}

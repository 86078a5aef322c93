import { PRICES as STORAGE } from '../lib/retention/prices.ts';

const { STANDARD = 0, STANDARD_IA = 0, GLACIER_IR = 0 } = STORAGE.perGiBMonth;

/**
 * What the cost model reckons with: list prices of us-east-1 in US dollars, without free tiers, discounts and taxes, as
 * AWS published them in 2025; looked at again in November 2026 without access to AWS's price list, so compare them with
 * https://aws.amazon.com/pricing before you rely on a cent. Other regions are up to a third dearer.
 */
export const PRICES = {
  /** Per 1,000 state transitions, Standard. */
  transitions: 0.025,
  /** Per GB-second, arm64. */
  lambdaGBs: 0.0000133334,
  /** Per million calls. */
  lambdaCalls: 0.2,
  /** Per GiB and month, first 50 TB: those of `offsite retention plan`. */
  storage: { STANDARD, STANDARD_IA, GLACIER_IR },
  /** Per GiB read. */
  retrieval: { STANDARD: 0, STANDARD_IA: 0.01, GLACIER_IR: 0.03 },
  /** Per 1,000 PUT, POST, LIST and so on, into STANDARD. */
  s3Writes: 0.005,
  /** Per 1,000 GET, HEAD and all others. */
  s3Reads: 0.0004,
  /** Per 1,000 objects that the lifecycle moves. */
  s3Transitions: { STANDARD: 0, STANDARD_IA: 0.01, GLACIER_IR: 0.02 },
  kmsKey: 1,
  /** Per 10,000 requests. */
  kmsRequests: 0.03,
  secret: 0.4,
  /** Per 10,000 calls. */
  secretCalls: 0.05,
  /** Per metric that an alarm looks at. */
  alarm: 0.1,
  dashboard: 3,
  /** Per metric and month; charged for the hours in which something was sent. */
  customMetric: 0.3,
  /** Per GB that is taken in. */
  logs: 0.5,
  natHour: 0.045,
  /** Per GB that passes, of a NAT and of an interface endpoint. */
  natGB: 0.045,
  endpointHour: 0.01,
  endpointGB: 0.01,
  /** Per GB from S3 to the internet. */
  transferOut: 0.09,
} as const;

/** Hours of a month, as AWS reckons. */
export const HOURS = 730;

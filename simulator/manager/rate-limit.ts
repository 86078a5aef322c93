/** nginx `limit_req` of the vendor's configuration: 10 requests a second, burst 30 (contract §1.7). */
const PER_SECOND = 10;
const BURST = 30;

/** A leaky bucket per client address. Delays are not simulated: a request passes at once or gets its 503. */
export class RateLimit {
  readonly #buckets = new Map<string, { excess: number; at: number }>();

  /** Whether a request of this client at this time goes through. */
  admits(client: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(client);
    if (bucket === undefined) {
      this.#buckets.set(client, { excess: 0, at: nowMs });
      return true;
    }
    const excess = Math.max(0, bucket.excess - (PER_SECOND * (nowMs - bucket.at)) / 1000 + 1);
    if (excess > BURST) return false;
    this.#buckets.set(client, { excess, at: nowMs });
    return true;
  }
}

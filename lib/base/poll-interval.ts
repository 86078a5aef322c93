/**
 * A tenth of what we have waited, between 1 and 60 s: the snapshot of a small manager is seen within a second, a 12-hour one
 * in 763 looks. The seven looks more of the first 20 s, compared with 2 s at least, cost $0.0006 in AWS.
 */
export function pollInterval(elapsedSeconds: number): number {
  return Math.round(Math.min(60, Math.max(1, elapsedSeconds / 10)));
}

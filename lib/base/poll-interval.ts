/** A tenth of what we have waited, between 2 and 60 s: a quick snapshot or restore is seen at once, a 12-hour one in 760 looks. */
export function pollInterval(elapsedSeconds: number): number {
  return Math.round(Math.min(60, Math.max(2, elapsedSeconds / 10)));
}

/**
 * Where a day is in the timeline of retention: `days` from today, past ones negative. The square root makes room for the
 * next weeks beside seven years. The page's script draws by the same rule, so it imports nothing.
 */
export const rooted = (days: number): number => Math.sign(days) * Math.sqrt(Math.abs(days));

export interface LadderScale {
  /** Rooted days at the left and at the right end. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export function positionOf(days: number, { from, to, width }: LadderScale): number {
  const at = ((rooted(days) - from) / (to - from)) * width;
  return Math.round(Math.min(width, Math.max(0, at)) * 10) / 10;
}

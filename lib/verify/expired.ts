import type { Entry } from '../catalogue/entry.ts';
import type { ManagerRules } from '../config/manager-rules.ts';

const DAY_MS = 24 * 3600_000;

/** Gone, and old enough that retention may have removed it: its manifest goes a little later. */
export function isOver({ manifest, stored }: Entry, { retention }: ManagerRules, now: Date): boolean {
  if (stored !== null) return false;
  const shortest = Math.min(...Object.values(retention.days));
  return now.getTime() - Date.parse(manifest.times.stored) >= shortest * DAY_MS;
}

import type { Occasion } from '../base/ports.ts';
import type { Target } from '../config/notifications.ts';

/** Whether a target is to hear of it. */
export function hears(target: Target, { about, outcome, manager }: Occasion): boolean {
  if (!isFor(target, about, manager)) return false;
  // Both are about all managers, and are sent for people to read, whatever they say.
  if (about === 'digest' || about === 'report') return true;
  const on = [target.on ?? (target.type === 'ping' ? 'all' : ['failure', 'recovery'])].flat();
  if (on.includes('all')) return true;
  if (outcome === 'recovery') return on.some((word) => word === 'recovery' || word === 'success');
  return on.some((word) => word === (outcome === 'attention' ? 'failure' : outcome));
}

/** Whether a target waits for pings, and is to hear that this has begun. */
export function awaits(target: Target, { about, manager }: Pick<Occasion, 'about' | 'manager'>): boolean {
  return target.type === 'ping' && isFor(target, about, manager);
}

/** A check that is pinged waits for one thing: that exports go well. */
function isFor({ type, about, managers }: Target, subject: Occasion['about'], manager: string | null): boolean {
  const subjects = about ?? (type === 'ping' ? ['export'] : undefined);
  if (subjects && !subjects.includes(subject)) return false;
  return managers === undefined || (manager !== null && managers.includes(manager));
}

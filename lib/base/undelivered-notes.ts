import type { Undelivered } from './ports.ts';

/** For a report: targets that could not be notified of it. */
export function undeliveredNotes(undelivered: readonly Undelivered[] | undefined): string[] {
  return (undelivered ?? []).map(
    ({ target, error }) => `The notification target ${target} could not be notified: ${error}.`,
  );
}

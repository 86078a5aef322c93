import type { Approvable } from './records.ts';

/** For whoever may approve. */
export function approveCommand({ manager, restore }: Pick<Approvable, 'manager' | 'restore'>): string {
  return `offsite approve ${restore} --manager ${manager}`;
}

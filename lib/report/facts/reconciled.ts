import { isUnread, readOrError } from '../../catalogue/read-record.ts';
import { ReconciliationRecord } from '../../reconcile/record.ts';
import { reconciliationOf } from '../../storage/layout.ts';
import type { Witness } from './witness.ts';

/** How the latest reconciliation of a manager ended; `unreadable`: its record says nothing that can be relied on. */
export interface Reconciled {
  readonly outcome: ReconciliationRecord['outcome'] | 'unreadable';
  readonly message: string;
  /** ISO time; null: its record cannot be read. */
  readonly at: string | null;
}

export async function reconciledOf(manager: string, witness: Witness): Promise<Reconciled | null> {
  const found = await readOrError(() => witness.read(reconciliationOf(manager), ReconciliationRecord));
  if (found === undefined) return null;
  if (isUnread(found)) return { outcome: 'unreadable', message: found.message, at: null };
  const { outcome, message, finishedAt, manager: of } = found.value;
  if (of === manager) return { outcome, message, at: finishedAt };
  return { outcome: 'unreadable', message: `${reconciliationOf(manager)} is of manager ${of}.`, at: null };
}

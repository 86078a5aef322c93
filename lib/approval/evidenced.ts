import { OffsiteError, StorageUnavailable } from '../base/errors.ts';
import { runbookPage } from '../base/runbook.ts';
import type { ExecutionRef } from '../base/schemas.ts';
import type { Deps } from '../deps.ts';
import { restoreKeysOf } from '../storage/layout.ts';
import { Approval, ApprovalUse, type EvidencedApproval } from './records.ts';

export interface Evidenced {
  readonly approval: EvidencedApproval | undefined;
  readonly notes: readonly string[];
}

interface Named {
  readonly manager: string;
  readonly restore: string;
  readonly execution: ExecutionRef;
}

/**
 * The approval that a restore used, for its report: from the signed record alone, since what StartRestore says goes through
 * a state. The use is written by a function that must not sign; with the report it gets a signature as well.
 */
export async function evidencedApproval(named: Named, { archive }: Pick<Deps, 'archive'>): Promise<Evidenced> {
  const { manager, restore, execution } = named;
  const keys = restoreKeysOf(manager, restore);
  const approval = await readable(() => archive.records.read(keys.approval, Approval));
  if (typeof approval === 'string' || approval?.value.what.execution !== execution.id) {
    const why = typeof approval === 'string' ? approval : `${keys.approval} has none of this execution.`;
    return { approval: undefined, notes: [`No genuine approval of this restore is recorded: ${why} ${WHAT_TO_DO}`] };
  }
  const { by, decidedAt, reason, breakGlass, digest } = approval.value;
  const use = await readable(() => archive.records.read(keys.approvalUse, ApprovalUse));
  const isOurs = typeof use === 'object' && use.value.execution === execution.id && use.value.digest === digest;
  const usedAt = isOurs ? use.value.usedAt : null;
  const notes = isOurs ? [] : [`${keys.approvalUse} does not say that this restore used its approval. ${WHAT_TO_DO}`];
  return { approval: { by, decidedAt, reason, breakGlass, request: digest, usedAt }, notes };
}

const WHAT_TO_DO = `Find out who changed or removed it: ${runbookPage('a-record-is-forged')}.`;

/** What is wrong with the record, as a text: it goes into the report. A store that does not answer is asked again. */
async function readable<T>(read: () => Promise<T>): Promise<T | string> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof OffsiteError) || error instanceof StorageUnavailable) throw error;
    return error.message;
  }
}

import type { UsedApproval } from '../../approval/records.ts';
import { approvalFor, useApproval } from '../../approval/use.ts';
import { NotApproved, OffsiteError } from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import { type Content, isEmpty, readContent } from '../../manager/content.ts';
import type { RestoreInput } from '../input.ts';
import { describe, type RestoreRequest } from '../target/suitability.ts';
import { approvableOf } from './approvable.ts';

type Asked = RestoreRequest & { readonly execution: string };
type ApprovalDeps = Pick<Deps, 'archive' | 'clock' | 'managers' | 'rulesOf'>;

/** Whether a restore onto a manager that holds this has to be approved. Drills have their own permission: the secret's. */
export async function needsApproval(
  input: Pick<RestoreInput, 'manager' | 'purpose'>,
  content: Content,
  { managers, rulesOf }: Pick<Deps, 'managers' | 'rulesOf'>,
): Promise<boolean> {
  if (rulesOf(input.manager).approvalHours === undefined || isEmpty(content)) return false;
  return input.purpose !== 'drill' || !(await managers.isDrillTarget(input.manager));
}

/**
 * Immediately before the manager is asked, and by nothing but records and the manager itself: the state of an execution
 * may be of anybody who can call the function. Null: no approval is needed. Throws `NotApproved`, `ApprovalExpired`,
 * `ApprovalRefused`.
 */
export async function requireApproval(
  asked: Asked,
  client: ManagerClient,
  deps: ApprovalDeps,
): Promise<UsedApproval | null> {
  const { input, run, execution } = asked;
  if (deps.rulesOf(run.manager).approvalHours === undefined) return null;
  const what = approvableOf(asked, execution);
  const approval = await approvalFor(what, deps);
  if (approval) {
    await useApproval(what, deps);
    return approval;
  }
  const content = await readContent(client, { totalsOnly: true, version: run.version, clock: deps.clock });
  if (!(await needsApproval({ ...input, manager: run.manager }, content, deps))) return null;
  throw new NotApproved(
    `Manager ${run.manager} holds ${describe(content)}, and there is no approval of restore ${run.restore}. Start the restore again: it then waits for an approval.`,
  );
}

/** For the report of a restore that an earlier attempt has started: nothing is asked of the manager any more. */
export async function approvalOfStarted(asked: Asked, deps: ApprovalDeps): Promise<UsedApproval | null> {
  if (deps.rulesOf(asked.run.manager).approvalHours === undefined) return null;
  try {
    return (await approvalFor(approvableOf(asked, asked.execution), deps)) ?? null;
  } catch (error) {
    if (!(error instanceof OffsiteError)) throw error;
    return null;
  }
}

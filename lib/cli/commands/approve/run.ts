import { hostname, userInfo } from 'node:os';
import type { ApproveInput } from '../../../approval/input.ts';
import { Approval, ApprovalRequest } from '../../../approval/records.ts';
import { defined } from '../../../base/defined.ts';
import { Interrupted, NothingToApprove } from '../../../base/errors.ts';
import { restoreKeysOf } from '../../../storage/layout.ts';
import { type Deployed, openInstallation } from '../../aws/open.ts';
import { failureOf } from '../../aws/results.ts';
import { runDecision } from '../../aws/run-machine.ts';
import type { Given } from '../../command.ts';
import { requestText } from '../../text/approval-text.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { approveLiteral } from './command.ts';

type ApproveGiven = Given<typeof approveLiteral>;

/** `offsite approve`: shows what waits, asks, and starts the state machine that records the decision. */
export async function approveCommand(given: ApproveGiven, terminal: Terminal): Promise<number> {
  const aws = await openInstallation(given, terminal);
  try {
    const request = await waitingRequest(given, aws);
    terminal.err.write(requestText(request, terminal));
    if (!given.yes) await confirm(request, given.reject === true, terminal);
    return await record(inputOf(given, request), given.json === true, aws, terminal);
  } finally {
    aws.close();
  }
}

async function waitingRequest({ manager, restore }: ApproveGiven, { archive, storage }: Deployed) {
  const key = restoreKeysOf(manager, restore).approvalRequest;
  const request = (await archive.records.read(key, ApprovalRequest))?.value;
  if (request) return request;
  throw new NothingToApprove(
    `Restore ${restore} of manager ${manager} does not wait for an approval: ${storage.place}/${key} is not there. Check both names against the notification.`,
  );
}

function inputOf(given: ApproveGiven, { what, digest }: ApprovalRequest): ApproveInput {
  return {
    manager: what.manager,
    restore: what.restore,
    request: digest,
    decision: given.reject ? 'reject' : 'approve',
    by: `${userInfo().username}@${hostname()}`,
    ...defined({ reason: given.reason, breakGlass: given.breakGlass }),
  };
}

async function confirm({ what }: ApprovalRequest, isRejected: boolean, terminal: Terminal): Promise<void> {
  const { ask, err, interrupt } = terminal;
  if (!ask || !err.isTTY) throw new UsageError('There is no terminal to ask at: add --yes. Nothing was decided.');
  const question = `Type the name of the manager (${what.manager}) to ${isRejected ? 'reject' : 'approve'} the restore: `;
  try {
    const answer = await ask(question);
    if (answer.trim() === what.manager) return;
  } catch (error) {
    if (interrupt.aborted) throw new Interrupted('Interrupted at the question: nothing was decided.');
    throw error;
  }
  throw new UsageError(`That was not "${what.manager}": nothing was decided.`);
}

async function record(input: ApproveInput, json: boolean, aws: Deployed, terminal: Terminal): Promise<number> {
  const { manager, restore, decision } = input;
  const run = await runDecision({ kind: 'approve', manager, words: [], input }, aws, terminal);
  if (!run) throw new Interrupted(`Whether the decision about restore ${restore} was recorded is not known.`);
  const { arn, ended } = run;
  const approval = ended.status === 'SUCCEEDED' ? Approval.safeParse(ended.output).data : undefined;
  const failure = approval ? undefined : failureOf(ended, 'approval');
  const words = decision === 'approve' ? 'approved: it continues within two minutes' : 'rejected: it ends';
  const message = failure?.message ?? `Restore ${restore} of manager ${manager} is ${words}.`;
  const facts = { manager, restore, decision, execution: arn, decidedAt: approval?.decidedAt ?? null };
  const document = { outcome: failure ? 'failed' : 'recorded', error: failure?.error ?? null, message, ...facts };
  if (json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  else if (!failure) terminal.out.write(`${message}\n`);
  if (failure) terminal.err.write(`offsite: ${failure.error}: ${message}\n`);
  return failure ? EXIT.failed : EXIT.ok;
}

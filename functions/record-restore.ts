import { evidencedApproval } from '../lib/approval/evidenced.ts';
import { RecordConflict } from '../lib/base/errors.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { RestoreInput, restoreOf } from '../lib/restore/input.ts';
import { evidenceOf, type Told } from '../lib/restore/prove/evidence.ts';
import { RestoreEvidence } from '../lib/restore/prove/evidence-record.ts';
import { gather } from '../lib/restore/prove/phases.ts';
import { restoreKeysOf } from '../lib/storage/layout.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

type Input = InputOf<'RecordRestore'>;

/**
 * Writes the evidence of a restore: which archive, what was found, how long each phase took, and after a failure in what
 * state the manager is. Repeated, it writes the same again; a success that is recorded stays one, whatever fails later.
 */
export const recordRestore = defineStep('RecordRestore', async (step, deps) => {
  const told = step.outcome === 'succeeded' ? succeeded(step) : failed(step);
  // An input that is none names no manager: there is nothing to put the evidence under. And a dry run proves nothing.
  if (!told || (told.failure && told.input.dryRun)) return { evidence: null };
  const evidence = evidenceOf({ ...told, ...(await approvalOf(told, deps)) }, deps);
  const key = restoreKeysOf(evidence.manager, evidence.restore).evidence;
  await write(key, evidence, deps);
  return { evidence: key };
});

const ALL = ['run', 'selection', 'plan', 'upload', 'restoring', 'verification'] as const;

function succeeded(step: Extract<Input, { outcome: 'succeeded' }>): Told {
  const { input, execution, run, selection, plan, upload, restoring, verification, tidy } = step;
  const gathered = { run, selection, plan, upload, restoring, verification };
  return { input, execution, gathered, failure: undefined, tidy, reached: new Set(ALL) };
}

function failed({ input, execution, failure, tidy, state }: Extract<Input, { outcome: 'failed' }>): Told | undefined {
  const parsed = RestoreInput.safeParse(input);
  if (!parsed.success) return undefined;
  const names = state !== null && typeof state === 'object' ? Object.keys(state) : [];
  return { input: parsed.data, execution, gathered: gather(state), failure, tidy, reached: new Set(names) };
}

/** Only of a restore that says it used one: an approval that was not used is no part of the proof. */
async function approvalOf({ input, execution, gathered }: Told, deps: Deps): Promise<Pick<Told, 'evidenced'>> {
  if (!gathered.restoring?.approval) return {};
  return { evidenced: await evidencedApproval({ ...restoreOf(input, execution), execution }, deps) };
}

/** Throws `RecordConflict` when the evidence is of another execution, or changes while it is written. */
async function write(key: string, evidence: RestoreEvidence, { archive: { records } }: Deps): Promise<void> {
  if (await records.write(key, evidence, 'absent')) return;
  const standing = await records.read(key, RestoreEvidence);
  if (standing && standing.value.execution !== evidence.execution) {
    throw new RecordConflict(
      `${key} is the report of another execution (${standing.value.execution}). Nothing was overwritten.`,
    );
  }
  if (standing?.value.error === undefined && standing !== undefined) return;
  if (standing && (await records.write(key, evidence, { etag: standing.etag }))) return;
  throw new RecordConflict(`${key} changed while it was written. Find out which executions write it.`);
}

export const handler = toHandler(recordRestore, runtime);

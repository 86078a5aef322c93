import type { ExportResult } from '../../local/export.ts';
import type { RestoreResult } from '../../local/restore.ts';
import type { Storage } from '../inputs/storage.ts';
import { EXIT, type Terminal } from '../usage.ts';
import { readEvidence } from './evidence-text.ts';
import { type Destination, describeResult, documentOf } from './report-text.ts';
import { describeRestore, failureText, isGood } from './restore-text.ts';

/** There is a verified archive of the night, made now or by an earlier run. */
export function isVerified(result: ExportResult): boolean {
  return result.outcome === 'succeeded' || (result.outcome === 'duplicate' && result.verified);
}

/** Shows how an export ended, here or in AWS. Gives the exit code. */
export function finishExport(result: ExportResult, to: Destination, json: boolean, { out, err }: Terminal): number {
  if (json) out.write(`${JSON.stringify(documentOf(result, to), null, 2)}\n`);
  const good = isVerified(result);
  if (!json || !good) (good ? out : err).write(describeResult(result, to));
  return good ? EXIT.ok : codeOf(result);
}

/** The same of a restore. */
export async function finishRestore(result: RestoreResult, storage: Storage, json: boolean, terminal: Terminal) {
  const { out, err } = terminal;
  const good = isGood(result);
  const said = { place: storage.place, evidence: await readEvidence(result, storage), clocks: terminal };
  // A plan is what was asked for, also when it says no.
  if (json) out.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (good || result.outcome === 'planned') out.write(describeRestore(result, said));
  if (!good) err.write(failureText(result, said));
  return good ? EXIT.ok : codeOf(result);
}

function codeOf(result: ExportResult | RestoreResult): number {
  return result.outcome === 'failed' && result.error === 'Interrupted' ? EXIT.interrupted : EXIT.failed;
}

import { jsonOf } from '../deployed/json.ts';
import { partsOfArn } from '../deployed/names.ts';
import { VerifyReport } from '../verify/parts.ts';
import { type Around, showExport } from './deployed/export.ts';
import { openInstallation } from './deployed/open.ts';
import { showRestore } from './deployed/restore.ts';
import { failureOf } from './deployed/results.ts';
import { sayLeft } from './deployed/started.ts';
import { watch } from './deployed/watch.ts';
import { findExecution } from './deployed/which.ts';
import { EXIT, parseArguments, type Terminal, UsageError } from './usage.ts';
import { finishVerify } from './verify-command.ts';

const flags = {
  installation: { type: 'string' },
  manager: { type: 'string' },
  local: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** `offsite follow`: shows an execution in AWS from its beginning to its end. */
export async function followCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values: given, positionals } = parseArguments('follow', args, flags, 1);
  const [which] = positionals;
  if (given.local) {
    throw new UsageError(
      'A run on this machine shows its progress where it runs: there is nothing to follow with --local.',
    );
  }
  if ((which === undefined) === (given.manager === undefined)) {
    throw new UsageError('Which execution? Give its ARN or its name, or --manager NAME for the latest of a manager.');
  }
  const isArn = which?.startsWith('arn:') === true;
  if (isArn && !partsOfArn(which)) throw new UsageError(`${which}: is not the ARN of an execution.`);
  const aws = await openInstallation(given, terminal, isArn ? which : undefined);
  try {
    const { arn, input } = await findExecution({ which, manager: given.manager }, aws);
    const manager = managerIn(input);
    const around = { aws, json: given.json === true, terminal };
    const kind = /-(export|restore)$/.exec(partsOfArn(arn)?.machine ?? '')?.[1];
    if (kind === 'export') return await showExport(arn, manager, around);
    if (kind === 'restore') return await showRestore(arn, manager, around);
    return await showAny(arn, manager, around);
  } finally {
    aws.close();
  }
}

function managerIn(input: string | undefined): string | null {
  const { manager } = (jsonOf(input) ?? {}) as { manager?: unknown };
  return typeof manager === 'string' ? manager : null;
}

/** A verification, or whatever this installation has beside it. */
async function showAny(arn: string, manager: string | null, { aws, json, terminal }: Around): Promise<number> {
  const ended = await watch(arn, aws, terminal);
  if (!ended) return sayLeft({ arn, manager }, json, terminal);
  const succeeded = ended.status === 'SUCCEEDED';
  const report = VerifyReport.safeParse(ended.report ?? ended.output);
  if (report.success && (succeeded || ended.status === 'FAILED')) {
    return finishVerify(report.data, aws.storage.place, json, terminal);
  }
  const { error, message } = succeeded
    ? { error: null, message: 'The execution has succeeded.' }
    : failureOf(ended, 'verification');
  const outcome = succeeded ? 'succeeded' : 'failed';
  const output = ended.output ?? ended.report ?? null;
  if (json)
    terminal.out.write(`${JSON.stringify({ outcome, error, message, manager, execution: arn, output }, null, 2)}\n`);
  else if (succeeded) terminal.out.write(`${message}\n`);
  if (!succeeded) terminal.err.write(`offsite: ${error}: ${message}\n`);
  return succeeded ? EXIT.ok : EXIT.failed;
}

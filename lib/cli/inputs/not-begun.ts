import { Interrupted } from '../../base/errors.ts';
import { FolderInUse } from '../../base/folder-in-use.ts';
import type { Occasion } from '../../base/ports.ts';
import { Redactor } from '../../base/redact.ts';
import type { Terminal } from '../usage.ts';
import { notifierFrom } from './notifier.ts';

/** A run that a configuration may have started while no person watches. */
export interface ConfiguredRun extends Pick<Occasion, 'about' | 'manager'> {
  /** `export of prod`, for the subject of a message. */
  readonly what: string;
}

interface RunOptions {
  readonly config?: string | undefined;
  readonly strictFiles?: boolean | undefined;
}

/**
 * Does what comes before a run has its records: its passwords and its storage are opened. If that throws, the targets of
 * the configuration are notified without a record. Throws what `work` throws.
 */
export async function notifiedUnlessBegun<T>(
  run: ConfiguredRun,
  given: RunOptions,
  terminal: Terminal,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isFailure(error, terminal)) await notifyNotBegun(run, error, { given, terminal });
    throw error;
  }
}

/** The same for work that may be interrupted, or that another process does at this moment: that is no failure. */
function isFailure(error: unknown, { interrupt }: Terminal): error is Error {
  if (interrupt.aborted || error instanceof Interrupted) return false;
  return error instanceof Error && !(error instanceof FolderInUse && error.bySame);
}

async function notifyNotBegun(
  { what, about, manager }: ConfiguredRun,
  { name: error, message }: Error,
  { given, terminal }: { readonly given: RunOptions; readonly terminal: Terminal },
): Promise<void> {
  const { notifier } = await notifierFrom(given, new Redactor(), terminal).catch(() => ({ notifier: undefined }));
  const report = { outcome: 'failed', error, message, manager, execution: null, notes: [NO_RECORD] };
  const finishedAt = terminal.clock.now().toISOString();
  const subject = `cloudify-offsite: ${what.slice(0, 70)} failed`;
  await notifier?.publish(subject, { ...report, finishedAt }, { about, manager, outcome: 'failure' });
}

const NO_RECORD = 'It ended before it could write a record, so offsite status does not show it.';

import { Interrupted, InvalidConfiguration, InvalidInput, InvalidSecret } from '../base/errors.ts';
import type { RunReport } from '../export/contract.ts';
import { InstallationNotFound } from '../installation/errors.ts';
import type { RestoreReport } from '../restore/course.ts';
import { nothingRead } from '../verification/nothing-read.ts';
import type { VerifyReport } from '../verification/state.ts';
import { requireDescriptors } from './descriptors.ts';
import { handlers } from './handlers.ts';
import { type Wishes, withManners } from './manners.ts';
import { namedFailure } from './named-failure.ts';
import { parseCommandLine } from './parse.ts';
import { EXIT, type Terminal, UsageError } from './usage.ts';

/** Runs one command line to its exit code. Never throws, never shows a stack. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let said = terminal;
  try {
    const call = parseCommandLine(args, terminal.err.columns, terminal.env);
    if ('text' in call) return say(call.text, terminal);
    requireDescriptors();
    // The parser gives what the literal says, and the table of handlers is checked against the same literal.
    const handler = (await handlers[call.command.name]()) as (given: unknown, terminal: Terminal) => Promise<number>;
    const { shown, settle } = withManners(call.given as Wishes, call.command, terminal);
    said = shown;
    return settle(await handler(call.given, shown));
  } catch (error) {
    return explain(
      namedFailure(error, terminal.interrupt),
      { command: args[0] ?? '', json: args.slice(1).includes('--json') },
      said,
    );
  }
}

function say(text: string, { out }: Terminal): number {
  out.write(text);
  return EXIT.ok;
}

/** One line on stderr; with --json also the document that a script waits for. */
function explain(error: Error, asked: { command: string; json: boolean }, terminal: Terminal): number {
  const { name } = error;
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ');
  const document = { outcome: 'failed', error: name, message, ...nothingOf(asked.command, terminal.clock.now()) };
  if (asked.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  terminal.err.write(`offsite: ${name}: ${message}\n`);
  // For a person at a terminal, unless there is nothing to explain.
  if (terminal.err.isTTY && !(error instanceof UsageError || error instanceof Interrupted))
    terminal.err.write(`  More: offsite explain ${name}\n`);
  return exitCodeOf(error);
}

type Nothing<R> = Omit<R, 'outcome' | 'error' | 'message'>;

/** Of the report of a run that never was: every field that a script may look for is there. */
function nothingOf(
  command: string,
  now: Date,
): Nothing<RunReport> | Nothing<RestoreReport> | Nothing<Omit<VerifyReport, 'execution'>> {
  if (command === 'verify') return { manager: null, ...nothingRead, finishedAt: now.toISOString() };
  const common = { manager: null, execution: null, archive: null, notes: [], finishedAt: now.toISOString() };
  if (command !== 'restore') return { ...common, snapshot: null };
  return { ...common, restore: null, purpose: null, evidence: null, rtoSeconds: null, differences: [] };
}

/** 2 when the command line or what it points at must be corrected first; 1 when the world outside said no. */
function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  const wrong = [UsageError, InvalidConfiguration, InvalidInput, InvalidSecret, InstallationNotFound];
  if (wrong.some((Class) => error instanceof Class)) return EXIT.usage;
  return EXIT.failed;
}

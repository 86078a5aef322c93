import type { RunReport } from '../contracts.ts';
import { Interrupted, InvalidConfiguration, InvalidInput, InvalidSecret } from '../errors.ts';
import { SOFTWARE } from '../version.ts';
import { HELP } from './help.ts';
import { EXIT, type Terminal, UsageError } from './usage.ts';

type Command = (args: string[], terminal: Terminal) => Promise<number>;

/** Commands are loaded when they are called: `--help` must not wait for SDKs that it does not use. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  export: async () => (await import('./export-command.ts')).exportCommand,
  'simulate-manager': async () => (await import('./simulate-manager-command.ts')).simulateManagerCommand,
  'local-s3': async () => (await import('./local-s3-command.ts')).localS3Command,
};

/** Runs one command line to its exit code. Never throws, never shows a stack. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--version') return say(terminal, `${SOFTWARE}\n`);
  if (name === '--help' || name === '-h' || name === 'help') return say(terminal, HELP.all ?? '');
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load && rest.some((arg) => arg === '--help' || arg === '-h')) return say(terminal, HELP[name] ?? '');
  try {
    if (!load)
      throw new UsageError(
        `"${name}" is no command. Commands: ${Object.keys(commands).join(', ')}. See: offsite --help`,
      );
    return await (await load())(rest, terminal);
  } catch (error) {
    return explain(error, rest.includes('--json'), terminal);
  }
}

function say(terminal: Terminal, text: string): number {
  terminal.out.write(text);
  return EXIT.ok;
}

/** One line on stderr; with --json also the document that a script waits for. */
function explain(error: unknown, json: boolean, terminal: Terminal): number {
  const name = error instanceof Error ? error.name : 'Error';
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
  if (json) terminal.out.write(`${JSON.stringify(notStarted(name, message, terminal.clock.now()), null, 2)}\n`);
  terminal.err.write(`offsite: ${name}: ${message}\n`);
  return exitCodeOf(error);
}

/** The report of a run that never was: every field that a script may look for is there. */
function notStarted(error: string, message: string, now: Date): RunReport {
  const nothing = { manager: null, snapshot: null, execution: null, archive: null, notes: [] };
  return { outcome: 'failed', error, message, ...nothing, finishedAt: now.toISOString() };
}

/** 2 when the command line or what it points at must be corrected first; 1 when the world outside said no. */
function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return EXIT.interrupted;
  const wrong = [UsageError, InvalidConfiguration, InvalidInput, InvalidSecret];
  if (wrong.some((Class) => error instanceof Class)) return EXIT.usage;
  return EXIT.failed;
}

import { Interrupted, InvalidConfiguration, InvalidInput, InvalidSecret } from '../base/errors.ts';
import { SOFTWARE } from '../base/software.ts';
import type { RunReport } from '../export/contract.ts';
import { InstallationNotFound } from '../installation/errors.ts';
import type { RestoreReport } from '../restore/state.ts';
import { nothingRead } from '../verification/nothing-read.ts';
import type { VerifyReport } from '../verification/state.ts';
import { HELP } from './options/shared.ts';
import { EXIT, type Terminal, UsageError } from './usage.ts';

type Command = (args: string[], terminal: Terminal) => Promise<number>;

/** Commands are loaded when they are called: `--help` must not wait for SDKs that it does not use. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  export: async () => (await import('./commands/export/command.ts')).exportCommand,
  restore: async () => (await import('./commands/restore/command.ts')).restoreCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  accept: async () => (await import('./commands/accept.ts')).acceptCommand,
  keep: async () => (await import('./commands/keep.ts')).keepCommand,
  unkeep: async () => (await import('./commands/unkeep.ts')).unkeepCommand,
  retention: async () => (await import('./commands/retention.ts')).retentionCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  machine: async () => (await import('./commands/machine.ts')).machineCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  follow: async () => (await import('./commands/follow.ts')).followCommand,
  'simulate-manager': async () => (await import('./commands/simulate-manager.ts')).simulateManagerCommand,
  'local-s3': async () => (await import('./commands/local-s3.ts')).localS3Command,
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
    return explain(error, { command: name, json: rest.includes('--json') }, terminal);
  }
}

function say(terminal: Terminal, text: string): number {
  terminal.out.write(text);
  return EXIT.ok;
}

/** One line on stderr; with --json also the document that a script waits for. */
function explain(error: unknown, asked: { command: string; json: boolean }, terminal: Terminal): number {
  const name = error instanceof Error ? error.name : 'Error';
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
  const document = { outcome: 'failed', error: name, message, ...nothingOf(asked.command, terminal.clock.now()) };
  if (asked.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
  terminal.err.write(`offsite: ${name}: ${message}\n`);
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

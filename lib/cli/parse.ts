import { Argument, Command, CommanderError, Option } from 'commander';
import { capitalized } from '../base/capitalized.ts';
import { nearest } from '../base/nearest.ts';
import { SOFTWARE } from '../base/software.ts';
import { type CommandLiteral, type CommandOption, flagOf, isMany, placeholderOf } from './command.ts';
import { commands } from './commands.ts';
import { addFromEnvironment, type Environment, keyOf } from './environment.ts';
import { UsageError } from './usage.ts';

/** What a command line asks for: a text (`--help`, `--version`), or a command with what is given to it. */
export type Call =
  | { readonly text: string }
  | { readonly command: CommandLiteral & { readonly name: CommandName }; readonly given: unknown };
export type CommandName = (typeof commands)[number]['name'];

const USER = { from: 'user' } as const;
/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100;

/** Throws `UsageError`. */
export function parseCommandLine(args: readonly string[], columns = WIDEST, environment: Environment = {}): Call {
  const parsed: { text: string; call?: Call } = { text: '' };
  const width = Math.min(columns, WIDEST);
  const program = programFor(width, (more) => {
    parsed.text += more;
  });
  for (const literal of commands) {
    const command = addCommand(program, literal, width);
    command.action(() => {
      checkOptions(literal, command);
      addFromEnvironment(literal, command, environment);
      const given = { ...command.opts(), ...argumentsOf(literal, command) };
      parsed.call = { command: literal, given };
    });
  }
  const [name = '', ...rest] = args[0] === 'help' ? args.slice(1) : args;
  const literal = commands.find((one) => one.name === name);
  // A question for help is answered, whatever else stands there.
  const asksHelp = args[0] === 'help' || rest.some((arg) => arg === '--help' || arg === '-h');
  try {
    if (name === '') program.parse(['--help'], USER);
    if (literal && asksHelp) program.parse([name, '--help'], USER);
    if (literal) refuseFlagAsValue(literal, rest);
    // Of what is no command the name alone: with --help behind it commander would print the list of commands.
    program.parse(literal ? [name, ...rest] : [name], USER);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: parsed.text };
    throw new UsageError(`${sentence(error, literal)} See: offsite ${literal ? `${name} ` : ''}--help`);
  }
  return parsed.call ?? { text: parsed.text };
}

function programFor(width: number, writeOut: (text: string) => void): Command {
  const program = new Command('offsite')
    .description('Off-site, verified backups of Cloudify Managers.')
    .version(SOFTWARE, '--version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .helpCommand(false)
    // Ours suggests nothing that is far.
    .showSuggestionAfterError(false)
    // Without it commander takes `simulate-manager --version 6.4.2` for a question about our own version.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({ writeOut, outputError: () => undefined, getOutHelpWidth: () => width });
  return footed(program, `Options of a command: offsite COMMAND --help\n\n${EXITS}`, width);
}

/** A text below everything else of --help. Commander breaks no lines in it by itself. */
function footed(command: Command, text: string, width: number): Command {
  return command.addHelpText('after', `\n${command.createHelp().boxWrap(paragraphs(text), width)}`);
}

export const EXITS = `Exit codes: 0 done and verified, 1 it failed, 2 the command line or the configuration is wrong and nothing was
started, 130 interrupted and cleaned up.`;

function addCommand(program: Command, literal: CommandLiteral, width: number): Command {
  const command = new Command(literal.name)
    .copyInheritedSettings(program)
    .helpGroup(`${literal.group}:`)
    .summary(literal.summary)
    .description(paragraphs(literal.about))
    .usage(usageOf(literal))
    // Our own message names the word that is too many.
    .allowExcessArguments(true);
  for (const { term, help, choices } of literal.arguments) {
    const argument = new Argument(term, help);
    command.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const one of literal.options) command.addOption(optionOf(one));
  program.addCommand(footed(command, literal.exits ?? EXITS, width));
  return command;
}

function optionOf(one: CommandOption): Option {
  const option = new Option(one.flags, helpOf(one)).helpGroup(`${headingOf(one)}:`);
  if (one.conflicts) option.conflicts(one.conflicts.map(keyOf));
  if (one.choices) option.choices(one.choices);
  const { parse } = one;
  if (parse) option.argParser((text) => parse(text, flagOf(one)));
  // Not commander's own way, in which `--manager-url A B` takes both.
  if (one.repeats) option.argParser((text, before: string[] | undefined) => [...(before ?? []), text]);
  return option;
}

/** What an option means, and the variable that gives it as well. */
export const helpOf = ({ help, env }: CommandOption): string => (env === undefined ? help : `${help} [${env}]`);

const HEADINGS = { aws: 'In AWS', local: 'With --local', both: 'Options' } as const;

/** Under which heading an option stands, in --help and in the reference. */
export const headingOf = ({ group, where }: CommandOption): string => group ?? HEADINGS[where ?? 'both'];

/** `[ARCHIVE] --manager <NAME> [options]` */
export function usageOf(literal: CommandLiteral): string {
  const words = literal.arguments.map(({ term, choices }) => (choices ? `<${choices.join('|')}>` : term));
  const required = literal.options.filter((one) => one.required).map(({ flags }) => flags);
  return [...words, ...required, '[options]'].join(' ');
}

/** Lines are joined, so that a terminal of any width breaks them where it likes; a blank line stays. */
export const paragraphs = (text: string): string => text.replaceAll(/(?<!\n)\n(?!\n)/g, ' ');

/** `--to --json`: commander would take the second flag for the value of the first one. */
function refuseFlagAsValue({ options }: CommandLiteral, args: readonly string[]): void {
  const withValue = new Set(options.filter((one) => placeholderOf(one) !== undefined).map(flagOf));
  const end = args.indexOf('--');
  const ours = end < 0 ? args : args.slice(0, end);
  ours.forEach((flag, n) => {
    const next = ours[n + 1];
    if (!withValue.has(flag) || next === undefined || next === '-' || !next.startsWith('-')) return;
    throw new UsageError(`${flag}: its value is missing. A value that begins with "-" is written ${flag}=VALUE.`);
  });
}

/** The rules of the literal that commander has no word for, after unknown options were refused. */
function checkOptions(literal: CommandLiteral, command: Command): void {
  const isGiven = (flag: string) => command.getOptionValueSource(keyOf(flag)) === 'cli';
  const given = literal.options.filter((one) => isGiven(flagOf(one)));
  const extra = literal.arguments.some(isMany) ? undefined : command.args[literal.arguments.length];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'. See: offsite ${literal.name} --help`);
  if (literal.options.some((one) => flagOf(one) === '--local')) refuseOfOtherPlace(given, isGiven('--local'));
  const missing = literal.options.find((one) => one.required && !given.includes(one));
  if (missing)
    throw new UsageError(`${missing.flags} is required: ${missing.help}. See: offsite ${literal.name} --help`);
  const alone = given.find(({ needs }) => needs !== undefined && !isGiven(needs));
  if (alone) throw new UsageError(`${flagOf(alone)} needs ${alone.needs} as well.`);
}

function refuseOfOtherPlace(given: readonly CommandOption[], isLocal: boolean): void {
  const odd = given.find(({ where }) => where === (isLocal ? 'aws' : 'local'));
  if (odd === undefined) return;
  throw new UsageError(
    isLocal
      ? `${flagOf(odd)} is for what is deployed in AWS: it has no meaning with --local.`
      : `${flagOf(odd)} goes with --local. A stack in AWS has its managers, their secrets and its bucket configured.`,
  );
}

function argumentsOf({ arguments: all }: CommandLiteral, { args }: Command): Record<string, unknown> {
  const keyOfTerm = (term: string) => term.slice(1, -1).replace('...', '').toLowerCase();
  return Object.fromEntries(all.map((one, n) => [keyOfTerm(one.term), isMany(one) ? args.slice(n) : args[n]]));
}

/** `error: unknown option '--a'` of commander as a sentence of its own, with the word that was probably meant. */
function sentence({ code, message }: CommanderError, literal: CommandLiteral | undefined): string {
  const text = message.slice('error: '.length);
  const known: Readonly<Record<string, readonly string[]>> = {
    'commander.unknownCommand': commands.map(({ name }) => name),
    'commander.unknownOption': literal?.options.map(flagOf) ?? [],
  };
  const [, dashes = '', word = ''] = /'(-*)([^']+)'$/.exec(text) ?? [];
  const meant = nearest(
    word,
    (known[code] ?? []).map((one) => one.replace(/^--/, '')),
  );
  const hint = meant === undefined ? '' : ` (Did you mean ${dashes && '--'}${meant}?)`;
  return `${capitalized(text)}${hint || /[.)?]$/.test(text) ? hint : '.'}`;
}

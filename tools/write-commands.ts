/** Writes docs/reference/commands, one page a command, from the literals that the parser and --help are made from. */
import { mkdir, writeFile } from 'node:fs/promises';
import { relative } from 'node:path/posix';
import { type CommandArgument, type CommandLiteral, type CommandOption, flagOf } from '../lib/cli/command.ts';
import { commands } from '../lib/cli/commands.ts';
import { EXITS, headingOf, usageOf } from '../lib/cli/parse.ts';

/** File names below docs/reference/commands and what is in them. */
export function commandPages(): Map<string, string> {
  return new Map([['README.md', index()], ...commands.map((one) => [`${one.name}.md`, page(one)] as const)]);
}

function index(): string {
  const groups = Map.groupBy(commands as readonly CommandLiteral[], ({ group }) => group);
  const tables = [...groups].map(([group, all]) => {
    const rows = all.map(({ name, summary }) => `| [${name}](${name}.md) | ${code(summary)} |`);
    return `## ${code(group)}\n\n| Command | What it does |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  const note =
    'Generated from the source of the commands by `tools/write-commands.ts`. `offsite COMMAND --help` prints the same. Times in options are UTC unless they name another offset.';
  return [`# Commands\n\n${note}\n`, ...tables].join('\n');
}

function page(literal: CommandLiteral): string {
  const { name, about, options, see, exits = EXITS } = literal;
  const hasPlace = options.some((one) => flagOf(one) === '--local');
  const groups = Map.groupBy(options, (one) => (one.group ? headingOf(one) : 'Options'));
  return [
    `# offsite ${name}\n`,
    `\`\`\`sh\noffsite ${name} ${usageOf(literal)}\n\`\`\`\n`,
    `${code(about)}\n`,
    `More about it: [${see.split('#')[0]}](${relative('reference/commands', see)}).\n`,
    ...(literal.arguments.length > 0 ? [argumentTable(literal.arguments)] : []),
    ...[...groups].map(([heading, all]) => optionTable(heading, all, { hasPlace, options })),
    `## Exit codes\n\n${exits.replace(/^Exit codes: /, '')}\n`,
  ].join('\n');
}

function argumentTable(all: readonly CommandArgument[]): string {
  const rows = all.map(({ term, help, choices }) => `| \`${term}\` | ${[help, ...oneOf(choices)].join('; ')} |`);
  return `## Arguments\n\n| Argument | Meaning |\n| --- | --- |\n${rows.join('\n')}\n`;
}

interface OptionContext {
  /** Whether the command runs in AWS and on one machine, and so says which of them an option is for. */
  readonly hasPlace: boolean;
  readonly options: readonly CommandOption[];
}

const PLACES = { aws: 'AWS', local: '`--local`', both: 'both' } as const;

function optionTable(heading: string, all: readonly CommandOption[], { hasPlace, options }: OptionContext): string {
  const rows = all.map((one) => {
    const place = hasPlace ? ` ${PLACES[one.where ?? 'both']} |` : '';
    return `| \`${one.flags}\` |${place} ${[code(one.help), ...rulesOf(one, options)].join('; ')} |`;
  });
  const head = hasPlace
    ? '| Option | Applies to | Meaning |\n| --- | --- | --- |'
    : '| Option | Meaning |\n| --- | --- |';
  return `## ${heading}\n\n${head}\n${rows.join('\n')}\n`;
}

function rulesOf(one: CommandOption, options: readonly CommandOption[]): string[] {
  const { required, repeats, choices, env, needs, conflicts = [] } = one;
  const others = options.filter((other) => other.conflicts?.includes(flagOf(one))).map(flagOf);
  const against = [...new Set([...conflicts, ...others])];
  return [
    ...(required ? ['**required**'] : []),
    ...(repeats ? ['may be repeated'] : []),
    ...oneOf(choices),
    ...(env ? [`variable \`${env}\``] : []),
    ...(needs ? [`needs \`${needs}\``] : []),
    ...(against.length > 0 ? [`not with ${against.map((flag) => `\`${flag}\``).join(', ')}`] : []),
  ];
}

const oneOf = (choices: readonly string[] | undefined) =>
  choices ? [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`] : [];

/** Flags in a sentence as code. */
const code = (text: string) => text.replaceAll(/(?<![\w`])--[a-z][a-z0-9-]*/g, '`$&`');

if (import.meta.main) {
  const folder = new URL('../docs/reference/commands/', import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of commandPages()) await writeFile(new URL(file, folder), text);
}

import { type CommandLiteral, type CommandOption, flagOf } from '../../command.ts';
import { completedBy, wordsOf } from './completed.ts';

export function fishScript(commands: readonly CommandLiteral[]): string {
  const first = [...commands, { name: 'help', summary: 'print the help of a command' }];
  return `# Completion of offsite for fish: write it to ~/.config/fish/completions/offsite.fish
function __offsite_command
    set -l words (commandline -opc)
    if test (count $argv) -eq 0
        test (count $words) -eq 1
    else
        test (count $words) -ge 2; and test $words[2] = $argv[1]
    end
end
complete -c offsite -f
complete -c offsite -l help -d 'print the help'
${first.map(({ name, summary }) => `complete -c offsite -n __offsite_command -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf(command: CommandLiteral): string[] {
  const when = `complete -c offsite -n '__offsite_command ${command.name}'`;
  const words = wordsOf(command);
  return [
    ...(words.length > 0 ? [`${when} -a '${words.join(' ')}'`] : []),
    ...command.options.map((one) => `${when} -l ${flagOf(one).slice(2)}${valueOption(one)} -d ${quoted(one.help)}`),
  ];
}

function valueOption(one: CommandOption): string {
  const by = completedBy(one);
  if (by === 'none') return '';
  if (by === 'value') return ' -x';
  if (by === 'file') return ' -r -F';
  return by === 'folder' ? " -x -a '(__fish_complete_directories)'" : ` -x -a '${by.join(' ')}'`;
}

/** In single quotes fish reads \\ and \' alone. */
const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

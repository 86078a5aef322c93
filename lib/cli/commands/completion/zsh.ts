import { type CommandLiteral, type CommandOption, flagOf, placeholderOf } from '../../command.ts';
import { completedBy } from './completed.ts';

export function zshScript(commands: readonly CommandLiteral[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  return `#compdef offsite
# Completion of offsite for zsh: write it to a file _offsite in a folder of $fpath.
_offsite() {
  local -a commands
  commands=(
${names.join('\n')}
    'help:print the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map(commandCase).join('\n')}
    help) _describe command commands ;;
  esac
}
if [ "$funcstack[1]" = _offsite ]; then
  _offsite "$@"
else
  compdef _offsite offsite
fi
`;
}

function commandCase(command: CommandLiteral): string {
  const args = command.arguments.map(({ term, choices }) => {
    const optional = term.startsWith('[') ? ':' : '';
    return quoted(`:${optional}${term.slice(1, -1)}:${choices ? `(${choices.join(' ')})` : ''}`);
  });
  const specs = [...args, ...command.options.map(optionSpec), quoted('--help[print the help of the command]')];
  return [`    ${command.name})`, `      _arguments \\`, `        ${specs.join(' \\\n        ')}`, '      ;;'].join(
    '\n',
  );
}

/** `(--archive)--as-of=[the newest …]:TIME:` */
function optionSpec(one: CommandOption): string {
  const against = one.repeats ? '*' : one.conflicts ? `(${one.conflicts.join(' ')})` : '';
  const text = one.help.replaceAll(/[\][:\\]/g, '\\$&');
  const by = completedBy(one);
  if (by === 'none') return quoted(`${against}${flagOf(one)}[${text}]`);
  const action = by === 'file' ? '_files' : by === 'folder' ? '_files -/' : by === 'value' ? '' : `(${by.join(' ')})`;
  return quoted(`${against}${flagOf(one)}=[${text}]:${placeholderOf(one)}:${action}`);
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

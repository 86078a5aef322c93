import { type CommandLiteral, flagOf } from '../../command.ts';
import { completedBy, wordsOf } from './completed.ts';

/** Works from bash 3.2 on, which macOS has. */
export function bashScript(commands: readonly CommandLiteral[]): string {
  const names = [...commands.map(({ name }) => name), 'help', '--help', '--version'];
  return `# Completion of offsite for bash: source <(offsite completion bash)
_offsite() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  # bash splits --method=url into three words.
  if [ "$word" = = ]; then word=; elif [ "$before" = = ]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names.join(' ')}" -- "$word"))
    return
  fi
  case "$command $before" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
${commands.map(wordCase).join('\n')}
    help) COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word")) ;;
  esac
}
_offsite_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$2"))
}
complete -F _offsite offsite
`;
}

function valueCases({ name, options }: CommandLiteral): string[] {
  return options.flatMap((one) => {
    const by = completedBy(one);
    if (by === 'none') return [];
    const offer =
      by === 'value'
        ? ''
        : by === 'file'
          ? '_offsite_paths -f "$word"; '
          : by === 'folder'
            ? '_offsite_paths -d "$word"; '
            : `COMPREPLY=($(compgen -W "${by.join(' ')}" -- "$word")); `;
    return [`    "${name} ${flagOf(one)}") ${offer}return ;;`];
  });
}

function wordCase(command: CommandLiteral): string {
  const words = [...wordsOf(command), ...command.options.map(flagOf), '--help'];
  return `    ${command.name}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$word")) ;;`;
}

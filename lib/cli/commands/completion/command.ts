import { argument, command } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';

export const completionLiteral = command({
  name: 'completion',
  group: LOCAL_ONLY,
  summary: 'print a script that completes commands, options and values in a shell',
  about: `Prints a script for the completion of commands, options and enumerated values.

bash: add to ~/.bashrc: source <(offsite completion bash)

zsh: write the script to a file _offsite in a folder of $fpath.

fish: write the script to ~/.config/fish/completions/offsite.fish.`,
  arguments: [argument('<SHELL>', 'the shell', ['bash', 'zsh', 'fish'])],
  options: [],
  see: 'reference/cli.md#shell-completion',
  prints: 'document',
});

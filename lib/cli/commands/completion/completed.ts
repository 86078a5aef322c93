import { type CommandLiteral, type CommandOption, placeholderOf } from '../../command.ts';

/** What a shell offers for the value of an option: nothing (`value`), files, folders, or a list. */
export type Completed = 'none' | 'value' | 'file' | 'folder' | readonly string[];

/** `none`: the option takes no value. */
export function completedBy(option: CommandOption): Completed {
  const placeholder = placeholderOf(option);
  if (placeholder === undefined) return 'none';
  if (option.choices) return option.choices;
  if (placeholder === 'FILE') return 'file';
  return placeholder === 'DIR' ? 'folder' : 'value';
}

/** Arguments that are one of a list: `plan` and `expire` of retention. */
export const wordsOf = ({ arguments: all }: CommandLiteral): string[] => all.flatMap(({ choices }) => choices ?? []);

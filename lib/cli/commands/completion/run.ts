import type { Given } from '../../command.ts';
import { commands } from '../../commands.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import { bashScript } from './bash.ts';
import type { completionLiteral } from './command.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `offsite completion`: a script for a shell, made from the literals of the commands. */
export async function completionCommand(given: Given<typeof completionLiteral>, { out }: Terminal): Promise<number> {
  out.write(SCRIPTS[given.shell](commands));
  return EXIT.ok;
}

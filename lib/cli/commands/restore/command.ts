import { restoreFlags } from '../../options/restore.ts';
import type { Terminal } from '../../usage.ts';

/** `offsite restore`: on this machine with `--local`, else the one that is deployed. */
export async function restoreCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = restoreFlags(args);
  if (given.local) return await (await import('./here.ts')).localRestore(given, terminal);
  return await (await import('./in-aws.ts')).deployedRestore(given, terminal);
}

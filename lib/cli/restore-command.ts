import { restoreFlags } from './restore-flags.ts';
import type { Terminal } from './usage.ts';

/** `offsite restore`: on this machine with `--local`, else the one that is deployed. */
export async function restoreCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = restoreFlags(args);
  if (given.local) return await (await import('./local-restore.ts')).localRestore(given, terminal);
  return await (await import('./deployed/restore.ts')).deployedRestore(given, terminal);
}

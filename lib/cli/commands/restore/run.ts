import type { Terminal } from '../../usage.ts';
import { type RestoreGiven, refuseContradictions } from './input.ts';

/** `offsite restore`: on this machine with `--local`, else the one that is deployed. */
export async function restoreCommand(given: RestoreGiven, terminal: Terminal): Promise<number> {
  refuseContradictions(given);
  if (given.local) return await (await import('./here.ts')).localRestore(given, terminal);
  return await (await import('./in-aws.ts')).deployedRestore(given, terminal);
}

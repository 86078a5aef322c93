import { type Terminal, UsageError } from '../../usage.ts';
import type { ExportGiven } from './input.ts';

/** `offsite export`: on this machine with `--local`, else the one that is deployed. */
export async function exportCommand(given: ExportGiven, terminal: Terminal): Promise<number> {
  if (given.local && given.all) return await (await import('./all.ts')).exportAll(given, terminal);
  if (given.local) return await (await import('./here.ts')).localExport(given, terminal);
  if (given.manager === undefined) {
    throw new UsageError(
      'Which manager is to be exported? Add --manager NAME; or --local for a trial on this machine.',
    );
  }
  return await (await import('./in-aws.ts')).deployedExport(given, terminal);
}

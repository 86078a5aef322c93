import { DEPLOYED, flags, LOCAL } from '../../options/export.ts';
import { refuseOf } from '../../options/installation.ts';
import { parseFlags, type Terminal, UsageError } from '../../usage.ts';

/** `offsite export`: on this machine with `--local`, else the one that is deployed. */
export async function exportCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseFlags('export', args, flags);
  refuseOf(given, given.local ? Object.keys(DEPLOYED) : Object.keys(LOCAL));
  if (given.local) return await (await import('./here.ts')).localExport(given, terminal);
  if (given.manager === undefined) {
    throw new UsageError(
      'Which manager is to be exported? Add --manager NAME; or --local for a trial on this machine.',
    );
  }
  return await (await import('./in-aws.ts')).deployedExport(given, terminal);
}

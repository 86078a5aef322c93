import { defined } from '../../../base/defined.ts';
import { keepArchive } from '../../../retention/keep.ts';
import type { LegalHold } from '../../../storage/protection.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { type ArchiveName, whichArchive } from '../../inputs/one-archive.ts';
import { localTime } from '../../text/local-time.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { keepLiteral } from './command.ts';

/** `offsite keep ARCHIVE`: an archive stays, whatever its class says. */
export async function keepCommand(given: Given<typeof keepLiteral>, terminal: Terminal): Promise<number> {
  const which = whichArchive(given);
  const { until = null, reason } = given;
  if (until === null && !given.forever)
    throw new UsageError('The end of the protection is missing: add either --until DATE or --forever.');
  if (until && until <= terminal.clock.now())
    throw new UsageError(`--until must be in the future (got ${localTime(until.toISOString(), terminal)}).`);
  return await withArchives(given, terminal, which, async ({ archive, decide }) => {
    const why = defined({ reason });
    const wish = { until, ...why };
    const inAws = { ...which, decision: 'keep', until: until?.toISOString() ?? null, ...why } as const;
    const { legalHold = 'unavailable' } = decide
      ? await decide(inAws)
      : await keepArchive(which.manager, which.snapshot, wish, { archive, clock: terminal.clock });
    const message = textOf(which, { until, legalHold, place: archive.place }, given.json ? {} : terminal);
    const document = { outcome: 'kept', message, ...which, until: until?.toISOString() ?? null, legalHold };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  });
}

interface Kept {
  readonly until: Date | null;
  readonly legalHold: LegalHold;
  readonly place: string;
}

function textOf(
  { manager, snapshot }: ArchiveName,
  { until, legalHold, place }: Kept,
  terminal: Pick<Terminal, 'timeZone'>,
): string {
  const howLong = until === null ? 'for ever' : `until ${localTime(until.toISOString(), terminal)}`;
  const lock =
    legalHold === 'on'
      ? 'A legal hold prevents its deletion as well.'
      : `No rule expires it. The ${place} has no Object Lock, so a user with the right to delete there can delete it.`;
  return `Protected ${howLong}: ${snapshot} of manager ${manager}. ${lock}`;
}

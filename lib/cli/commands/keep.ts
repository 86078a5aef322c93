import { ManagerId, SnapshotId } from '../../base/ids.ts';
import { keepArchive } from '../../retention/keep.ts';
import type { LegalHold } from '../../storage/protection.ts';
import { ARCHIVES_FLAGS, openArchives, refuseOtherWay } from '../options/archives.ts';
import { EXIT, parseArguments, type Terminal, UsageError } from '../usage.ts';
import { timeFlag } from './retention.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  until: { type: 'string' },
  forever: { type: 'boolean' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `offsite keep ARCHIVE`: an archive stays, whatever its class says. */
export async function keepCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values: given, positionals } = parseArguments('keep', args, flags, 1);
  refuseOtherWay(given);
  const which = archiveFlags(given.manager, positionals[0]);
  if ((given.until === undefined) === !given.forever) {
    throw new UsageError('For how long? Add either --until DATE or --forever.');
  }
  const { reason } = given;
  if (reason !== undefined && reason.length > 500) throw new UsageError('--reason: 500 characters at most.');
  const until = given.until === undefined ? null : timeFlag('until', given.until);
  if (until && until <= terminal.clock.now()) throw new UsageError(`--until ${given.until}: is over.`);
  const archives = await openArchives(given, terminal);
  try {
    const wish = { until, ...(reason === undefined ? {} : { reason }) };
    const deps = { archive: archives.archive, clock: terminal.clock };
    const { legalHold } = await keepArchive(which.manager, which.snapshot, wish, deps);
    const message = textOf(which, until, legalHold);
    const document = { outcome: 'kept', message, ...which, until: until?.toISOString() ?? null, legalHold };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  } finally {
    await archives.close();
  }
}

interface Which {
  readonly manager: string;
  readonly snapshot: string;
}

/** Which archive of which manager. Throws `UsageError`. */
export function archiveFlags(manager: string | undefined, archive: string | undefined): Which {
  const known = ManagerId.safeParse(manager);
  const snapshot = SnapshotId.safeParse(archive);
  if (!known.success) throw new UsageError('Whose archive? Add --manager NAME.');
  if (!snapshot.success) throw new UsageError('Which archive? Give its id, offsite-… as "offsite list" shows it.');
  return { manager: known.data, snapshot: snapshot.data };
}

function textOf({ manager, snapshot }: Which, until: Date | null, legalHold: LegalHold): string {
  const howLong = until === null ? 'for ever' : `until ${until.toISOString()}`;
  const lock =
    legalHold === 'on'
      ? 'A legal hold keeps anybody from deleting it as well.'
      : 'The bucket has no Object Lock: no rule expires it, but who may delete versions can.';
  return `Kept ${howLong}: ${snapshot} of manager ${manager}. ${lock}`;
}

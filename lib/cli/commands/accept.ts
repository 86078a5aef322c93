import { ManagerId, SnapshotId } from '../../base/ids.ts';
import { type Accepted, acceptDrift } from '../../export/accept-drift.ts';
import { driftText } from '../../export/drift.ts';
import { ARCHIVES_FLAGS, openArchives, refuseOtherWay } from '../options/archives.ts';
import { EXIT, parseArguments, type Terminal, UsageError } from '../usage.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `offsite accept ARCHIVE`: a person says that the content of a flagged archive is as it should be. */
export async function acceptCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArguments('accept', args, flags, 1);
  refuseOtherWay(values);
  const manager = ManagerId.safeParse(values.manager);
  const snapshot = SnapshotId.safeParse(positionals[0]);
  if (!manager.success) throw new UsageError('Whose archive? Add --manager NAME.');
  if (!snapshot.success) throw new UsageError('Which archive? Give its id, offsite-… as in the report.');
  const { reason } = values;
  if (reason !== undefined && reason.length > 500) throw new UsageError('--reason: 500 characters at most.');
  const { archive, close } = await openArchives(values, terminal);
  try {
    const which = { manager: manager.data, snapshot: snapshot.data, ...(reason === undefined ? {} : { reason }) };
    const accepted = await acceptDrift(which, { archive, clock: terminal.clock });
    const message = textOf(accepted);
    const { outcome } = accepted;
    terminal.out.write(values.json ? `${JSON.stringify({ outcome, message, ...which }, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  } finally {
    await close();
  }
}

function textOf({ outcome, manifest: { manager, snapshot, flags: odd = [] } }: Accepted): string {
  const which = `${snapshot.id} of manager ${manager.id}`;
  if (outcome === 'nothing odd') return `Nothing is odd about ${which}; there is nothing to accept.`;
  const what = odd.map(driftText).join(', ');
  const now = 'It counts as a good archive from now on, and later nights are compared with it';
  if (outcome === 'accepted') return `Accepted: ${which}, with ${what}. ${now}.`;
  return `${which} was accepted before.`;
}

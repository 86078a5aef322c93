import { defined } from '../../../base/defined.ts';
import { type Accepted, acceptDrift } from '../../../export/accept-drift.ts';
import { driftText } from '../../../export/drift.ts';
import type { Given } from '../../command.ts';
import { whichArchive, withArchives } from '../../inputs/archives.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { acceptLiteral } from './command.ts';

/** `offsite accept ARCHIVE`: a person says that the content of a flagged archive is as it should be. */
export async function acceptCommand(given: Given<typeof acceptLiteral>, terminal: Terminal): Promise<number> {
  const { manager, snapshot } = whichArchive(given);
  const which = { manager, snapshot, ...defined({ reason: given.reason }) };
  return await withArchives(given, terminal, { manager }, async ({ archive }) => {
    const accepted = await acceptDrift(which, { archive, clock: terminal.clock });
    const { outcome } = accepted;
    const message = textOf(accepted);
    terminal.out.write(given.json ? `${JSON.stringify({ outcome, message, ...which }, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  });
}

function textOf({ outcome, manifest: { manager, snapshot, flags: odd = [] } }: Accepted): string {
  const which = `${snapshot.id} of manager ${manager.id}`;
  if (outcome === 'nothing odd') return `Nothing is odd about ${which}; there is nothing to accept.`;
  const what = odd.map(driftText).join(', ');
  const now = 'It counts as a good archive from now on, and later nights are compared with it';
  if (outcome === 'accepted') return `Accepted: ${which}, with ${what}. ${now}.`;
  return `${which} was accepted before.`;
}

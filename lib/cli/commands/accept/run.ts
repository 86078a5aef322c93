import { defined } from '../../../base/defined.ts';
import { ArchiveNotFound } from '../../../base/errors.ts';
import { readRecord } from '../../../catalogue/read-record.ts';
import type { DecisionInput } from '../../../decision/input.ts';
import { type Accepted, acceptDrift } from '../../../export/accept-drift.ts';
import { driftText } from '../../../export/drift.ts';
import type { Given } from '../../command.ts';
import { type Archives, withArchives } from '../../inputs/archives.ts';
import { whichArchive } from '../../inputs/one-archive.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { acceptLiteral } from './command.ts';

/** `offsite accept ARCHIVE`: a person says that the content of a flagged archive is as it should be. */
export async function acceptCommand(given: Given<typeof acceptLiteral>, terminal: Terminal): Promise<number> {
  const { manager, snapshot } = whichArchive(given);
  const which = { manager, snapshot, ...defined({ reason: given.reason }) };
  return await withArchives(given, terminal, { manager }, async ({ archive, decide }) => {
    const accepted = decide
      ? await acceptedInAws(which, decide, archive)
      : await acceptDrift(which, { archive, clock: terminal.clock });
    const { outcome } = accepted;
    const message = textOf(accepted, which);
    terminal.out.write(given.json ? `${JSON.stringify({ outcome, message, ...which }, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  });
}

/** The function says what it did; the words need the manifest as well. Throws `ArchiveNotFound` as the function does. */
async function acceptedInAws(
  which: Omit<DecisionInput, 'decision'>,
  decide: NonNullable<Archives['decide']>,
  archive: Archives['archive'],
): Promise<Accepted> {
  const { outcome } = await decide({ ...which, decision: 'accept' });
  const manifest = (await readRecord('manifest', which, archive.records))?.value;
  if (outcome === 'accepted as missing') return { outcome, manifest };
  if (manifest && outcome !== 'kept' && outcome !== 'released') return { outcome, manifest };
  throw new ArchiveNotFound(
    `The acceptance of ${which.snapshot} of manager ${which.manager} was recorded, and its manifest is missing by now.`,
  );
}

function textOf({ outcome, manifest }: Accepted, { manager, snapshot }: { manager: string; snapshot: string }): string {
  const which = `${snapshot} of manager ${manager}`;
  const odd = manifest?.flags ?? [];
  if (outcome === 'accepted as missing')
    return `Accepted: ${which} is missing, and may stay missing. No command reports it any more.`;
  if (outcome === 'nothing odd') return `Nothing is odd about ${which}; there is nothing to accept.`;
  const what = odd.map(driftText).join(', ');
  const now = 'It counts as a valid archive from now on, and later runs are compared with it';
  if (outcome === 'accepted') return `Accepted: ${which}, with ${what}. ${now}.`;
  return `${which} was accepted before.`;
}

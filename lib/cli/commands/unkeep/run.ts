import { applyRetention } from '../../../retention/apply.ts';
import { endKeep } from '../../../retention/keep.ts';
import type { PlannedArchive } from '../../../retention/plan.ts';
import { withoutKeep } from '../../../retention/without-keep.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { whichArchive } from '../../inputs/one-archive.ts';
import { knownRules } from '../../inputs/retention-rules.ts';
import { localDay, withLocalTimes, zoneText } from '../../text/local-time.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { unkeepLiteral } from './command.ts';

/** `offsite unkeep ARCHIVE`: says what would become of it; with `--yes` ends the wish to keep it. */
export async function unkeepCommand(given: Given<typeof unkeepLiteral>, terminal: Terminal): Promise<number> {
  const { manager, snapshot } = whichArchive(given);
  return await withArchives(given, terminal, { manager }, async ({ archive, installation, decide }) => {
    const { rules, configured } = await knownRules(manager, given.config, installation);
    // Without the rules that a bucket's installation has, an archive might be let go that they hold.
    const isApplied = decide !== undefined || configured || (given.local === true && given.bucket === undefined);
    const deps = { archive, clock: terminal.clock, rulesOf: () => rules };
    const { isKept, becomes } = await withoutKeep(manager, snapshot, deps);
    const outcome = !isKept ? 'not kept' : given.yes ? 'released' : 'planned';
    if (outcome === 'released' && decide) await decide({ manager, snapshot, decision: 'unkeep' });
    else if (outcome === 'released') {
      await endKeep(manager, snapshot, deps);
      if (isApplied) await applyRetention(manager, deps);
    }
    const clocks = given.json ? {} : terminal;
    const message = textOf(outcome, becomes, { isApplied, configured, clocks });
    const document = { outcome, message, manager, snapshot, becomes };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  });
}

type Outcome = 'not kept' | 'released' | 'planned';

interface Known {
  readonly isApplied: boolean;
  readonly configured: boolean;
  readonly clocks: Pick<Terminal, 'timeZone'>;
}

function textOf(outcome: Outcome, becomes: PlannedArchive, { isApplied, configured, clocks }: Known): string {
  const { snapshot, expire, why, hiddenAt, goneAt } = becomes;
  if (outcome === 'not kept') return `No user protects ${snapshot}; there is nothing to end.`;
  const rules = configured ? '' : ' by the default rules (no configuration was given)';
  const fate =
    hiddenAt === null
      ? 'no rule expires it'
      : `S3 hides it on ${localDay(hiddenAt, clocks)} and removes its last byte on ${localDay(goneAt ?? hiddenAt, clocks)} (days ${zoneText(clocks)}), at the earliest`;
  const what = `${snapshot} is ${expire} then${rules}: ${withLocalTimes(why, clocks)}; ${fate}.`;
  if (outcome === 'planned') return `Would no longer be kept. ${what} Nothing was changed: add --yes to do it.`;
  const when = isApplied ? '' : ' Its tags are set, and legal holds released, by the next run of retention.';
  return `No longer kept. ${what}${when}`;
}

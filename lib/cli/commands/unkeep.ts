import { ArchiveNotFound } from '../../base/errors.ts';
import { readCatalogue } from '../../catalogue/catalogue.ts';
import { type Entry, isKept } from '../../catalogue/entry.ts';
import type { ManagerRules } from '../../config/manager-rules.ts';
import { applyRetention } from '../../retention/apply.ts';
import { endKeep } from '../../retention/keep.ts';
import { type PlannedArchive, planOf } from '../../retention/plan.ts';
import { ARCHIVES_FLAGS, type Archives, openArchives, refuseOtherWay } from '../options/archives.ts';
import { knownRules } from '../options/retention-rules.ts';
import { EXIT, parseArguments, type Terminal } from '../usage.ts';
import { archiveFlags } from './keep.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  config: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** `offsite unkeep ARCHIVE`: says what would become of it; with `--yes` ends the wish to keep it. */
export async function unkeepCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values: given, positionals } = parseArguments('unkeep', args, flags, 1);
  refuseOtherWay(given);
  const { manager, snapshot } = archiveFlags(given.manager, positionals[0]);
  const archives = await openArchives(given, terminal);
  try {
    const { rules, configured } = await knownRules(manager, given.config, archives.installation);
    const found = await lookAt(manager, snapshot, { archives, rules, terminal });
    // Without the rules that a bucket's installation has, an archive might be let go that they hold.
    const isApplied = configured || (given.local === true && given.bucket === undefined);
    const outcome = !found.kept ? 'not kept' : given.yes ? 'released' : 'planned';
    if (outcome === 'released') {
      const deps = { archive: archives.archive, clock: terminal.clock, rulesOf: () => rules };
      await endKeep(manager, snapshot, deps);
      if (isApplied) await applyRetention(manager, deps);
    }
    const message = textOf(outcome, found.becomes, isApplied, configured);
    const document = { outcome, message, manager, snapshot, becomes: found.becomes };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : `${message}\n`);
    return EXIT.ok;
  } finally {
    await archives.close();
  }
}

interface Around {
  readonly archives: Archives;
  readonly rules: ManagerRules;
  readonly terminal: Terminal;
}

/** Whether it is kept, and what it is without that. Throws `ArchiveNotFound`. */
async function lookAt(manager: string, snapshot: string, { archives, rules, terminal }: Around) {
  const { entries } = await readCatalogue(manager, archives);
  const own = entries.find(({ manifest }) => manifest.snapshot.id === snapshot);
  const now = terminal.clock.now();
  const released = entries.map((entry) => (entry === own ? withoutKeep(entry) : entry));
  const plan = planOf(manager, released, rules, { now, at: now, nightly: false });
  const becomes = plan.archives.find((one) => one.snapshot === snapshot);
  if (!own || !becomes) throw new ArchiveNotFound(`Manager ${manager} has no archive ${snapshot}. See: offsite list`);
  return { kept: isKept(own, now), becomes };
}

/** A keep that cannot be read counts as one; it is replaced by one that is over. */
function withoutKeep(entry: Entry): Entry {
  return { ...entry, keep: null, unreadable: entry.unreadable.filter((what) => what !== 'keep') };
}

type Outcome = 'not kept' | 'released' | 'planned';

function textOf(outcome: Outcome, becomes: PlannedArchive, isApplied: boolean, configured: boolean): string {
  const { snapshot, expire, why, hiddenAt, goneAt } = becomes;
  if (outcome === 'not kept') return `Nobody keeps ${snapshot}; there is nothing to end.`;
  const rules = configured ? '' : ' by the default rules (no configuration was given)';
  const fate =
    hiddenAt === null
      ? 'no rule expires it'
      : `S3 hides it on ${hiddenAt.slice(0, 10)} and removes its last byte on ${goneAt?.slice(0, 10)}, at the earliest`;
  const what = `${snapshot} is ${expire} then${rules}: ${why}; ${fate}.`;
  if (outcome === 'planned') return `Would no longer be kept. ${what} Nothing was changed: add --yes to do it.`;
  const when = isApplied ? '' : ' Its tags are set, and legal holds released, by the next run of retention.';
  return `No longer kept. ${what}${when}`;
}

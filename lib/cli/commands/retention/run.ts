import { limitGarbage } from '../../../base/memory.ts';
import { missingAt, readCatalogue, unreadableOf } from '../../../catalogue/catalogue.ts';
import { unreadableText } from '../../../catalogue/unreadable-text.ts';
import { changesBetween, type PlannedArchive, planOf } from '../../../retention/plan.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { changedRules, knownRules } from '../../inputs/retention-rules.ts';
import { jsonPieces } from '../../text/json-pieces.ts';
import { localTime } from '../../text/local-time.ts';
import { planPieces, type ShownPlan } from '../../text/retention-text.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { retentionLiteral } from './command.ts';
import { expireCommand } from './expire.ts';

type RetentionGiven = Given<typeof retentionLiteral>;

/** `offsite retention plan`: what each archive is, why it stays, when S3 lets it go, and what a month costs. */
export async function retentionCommand(given: RetentionGiven, terminal: Terminal): Promise<number> {
  refuseOthers(given);
  return given.action === 'expire' ? await expireCommand(given, terminal) : await plan(given, terminal);
}

const OF_PLAN = {
  manager: '--manager',
  at: '--at',
  nightly: '--nightly',
  changed: '--changed',
  held: '--held',
  daily: '--daily',
  weekly: '--weekly',
  monthly: '--monthly',
  yearly: '--yearly',
  undoDays: '--undo-days',
} as const satisfies Partial<Record<keyof RetentionGiven, string>>;

/** Whoever gives an option expects it to count. */
function refuseOthers(given: RetentionGiven): void {
  const isExpire = given.action === 'expire';
  const keys = isExpire ? (Object.keys(OF_PLAN) as (keyof typeof OF_PLAN)[]) : (['yes'] as const);
  const odd = keys.find((key) => given[key] !== undefined);
  if (odd === undefined) return;
  if (odd === 'yes') throw new UsageError('--yes is for retention expire: retention plan changes nothing.');
  const whole = 'it does what is due for every manager in the folder or bucket';
  throw new UsageError(
    odd === 'manager'
      ? `--manager is for retention plan. retention expire has no such option: ${whole}.`
      : `${OF_PLAN[odd]} is for retention plan. retention expire goes by what runs have recorded, and by --config.`,
  );
}

async function plan(given: RetentionGiven, terminal: Terminal): Promise<number> {
  const manager = managerName(given.manager);
  if (manager === undefined) throw new UsageError('No manager is named: add --manager NAME.');
  const now = terminal.clock.now();
  const { at = now } = given;
  if (at < now) throw new UsageError(`--at must be now or later (got ${localTime(at.toISOString(), terminal)}).`);
  return await withArchives(given, terminal, 'read', async (archives) => {
    const { rules, configured } = await knownRules(manager, given.config, archives.installation);
    const other = await changedRules(manager, rules, given);
    const catalogue = await readCatalogue(manager, archives, { byIndex: true });
    const { entries } = catalogue;
    const unreadable = [...unreadableOf(catalogue), ...missingAt(manager, catalogue, now)];
    const index = catalogue.index.doubts;
    const question = { now, at, nightly: given.nightly === true, pause: limitGarbage };
    const asItIs = planOf(manager, entries, rules, question);
    const would = other && planOf(manager, entries, other, question);
    const changed = would && {
      policy: would.policy,
      timeZone: would.timeZone,
      totals: would.totals,
      gone: would.gone,
      archives: changesBetween(asItIs, would),
    };
    const shown = { place: archives.place, ...asItIs, configured, changed: changed ?? null };
    const pieces = given.json
      ? documentPieces(shown, { unreadable, index })
      : planPieces({ ...shown, isPriced: archives.isInAws }, terminal);
    for (const piece of pieces) terminal.out.write(piece);
    for (const record of unreadable) terminal.err.write(`offsite: ${unreadableText(record)}\n`);
    for (const { why } of index) terminal.err.write(`offsite: ${why}\n`);
    return EXIT.ok;
  });
}

/** With what was in doubt last. */
function documentPieces(shown: Omit<ShownPlan, 'isPriced'>, doubts: object): Generator<string> {
  const { place, manager, at, nightly, timeZone, policy, archives, ...rest } = shown;
  const before = { place, manager, at, nightly, timeZone, policy };
  const each = { items: archives, of: (one: PlannedArchive) => one };
  return jsonPieces(before, 'archives', each, { ...rest, ...doubts });
}

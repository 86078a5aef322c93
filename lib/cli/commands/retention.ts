import { readCatalogue } from '../../catalogue/catalogue.ts';
import { changesBetween, planOf } from '../../retention/plan.ts';
import { ARCHIVES_FLAGS, openArchives, refuseOtherWay } from '../options/archives.ts';
import { managerFlag } from '../options/manager.ts';
import { changedRules, knownRules, POLICY_FLAGS } from '../options/retention-rules.ts';
import { planText } from '../text/retention-text.ts';
import { EXIT, parseArguments, type Terminal, UsageError } from '../usage.ts';
import { expireFolder } from './expire.ts';

const flags = {
  ...ARCHIVES_FLAGS,
  manager: { type: 'string' },
  at: { type: 'string' },
  nightly: { type: 'boolean' },
  config: { type: 'string' },
  ...POLICY_FLAGS,
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

type Given = ReturnType<typeof parseArguments<typeof flags>>['values'];

/** `offsite retention plan`: what each archive is, why it stays, when S3 lets it go, and what a month costs. */
export async function retentionCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values: given, positionals } = parseArguments('retention', args, flags, 1);
  const [what] = positionals;
  if (what !== 'plan' && what !== 'expire') {
    throw new UsageError('Say what to do: offsite retention plan, or, for a folder, offsite retention expire.');
  }
  refuseOtherWay(given);
  if (what === 'expire') return await expireFolder(given, terminal);
  return await plan(given, terminal);
}

async function plan(given: Given, terminal: Terminal): Promise<number> {
  const manager = managerFlag(given.manager);
  if (manager === undefined) throw new UsageError('Whose archives? Add --manager NAME.');
  const now = terminal.clock.now();
  const at = given.at === undefined ? now : timeFlag('at', given.at);
  if (at < now) throw new UsageError(`--at ${given.at}: is over. The plan is about now or later.`);
  const archives = await openArchives(given, terminal);
  try {
    const { rules, configured } = await knownRules(manager, given.config, archives.installation);
    const other = await changedRules(manager, rules, given);
    const { entries, unreadable } = await readCatalogue(manager, archives);
    const question = { now, at, nightly: given.nightly === true };
    const asItIs = planOf(manager, entries, rules, question);
    const would = other && planOf(manager, entries, other, question);
    const changed = would && {
      ...{ policy: would.policy, timeZone: would.timeZone, totals: would.totals, gone: would.gone },
      archives: changesBetween(asItIs, would),
    };
    const document = { place: archives.place, ...asItIs, configured, changed: changed ?? null, unreadable };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : planText(document));
    for (const { why } of unreadable) {
      terminal.err.write(`offsite: ${why} Its archive is in no plan, and keeps the tag that it has.\n`);
    }
    return EXIT.ok;
  } finally {
    await archives.close();
  }
}

/** A date, at its beginning in UTC, or an ISO time. Throws `UsageError`. */
export function timeFlag(flag: string, text: string): Date {
  const time = new Date(text);
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(time.getTime())) {
    return time;
  }
  throw new UsageError(`--${flag} ${text}: is no date such as 2027-01-31, nor a time such as 2027-01-31T02:00:00Z.`);
}

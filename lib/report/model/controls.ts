import { days } from '../../base/durations.ts';
import { objectLockOf } from '../../config/object-lock.ts';
import type { OffsiteConfig } from '../../config/offsite-config.ts';
import type { Deployed } from '../facts/protection-facts.ts';
import type { FleetRow } from './fleet-row.ts';

/** Which facts of the report are evidence for a control, and what is missing. Facts only: nobody is certified here. */
export interface Control {
  readonly id: string;
  readonly framework: string;
  readonly asks: string;
  readonly facts: readonly string[];
  readonly missing: readonly string[];
}

interface Known {
  readonly rows: readonly FleetRow[];
  readonly config: OffsiteConfig | undefined;
  readonly deployed: Deployed;
  readonly now: Date;
}

/** What is true of a number of managers, and of whom it is not. */
interface Statement {
  readonly facts: readonly string[];
  readonly missing: readonly string[];
}

type Topic = 'backups' | 'tests' | 'integrity' | 'protection' | 'point';

const CONTROLS: readonly (Omit<Control, 'facts' | 'missing'> & { readonly from: readonly Topic[] })[] = [
  {
    ...{ id: 'A1.2', framework: 'SOC 2', from: ['backups', 'protection'] },
    asks: 'Backup processes and recovery infrastructure are in place, operated and monitored',
  },
  { id: 'A1.3', framework: 'SOC 2', from: ['tests'], asks: 'Recovery procedures are tested' },
  {
    ...{ id: 'A.8.13', framework: 'ISO 27001:2022', from: ['backups', 'integrity', 'tests'] },
    asks: 'Backup copies are kept by an agreed policy and regularly tested',
  },
  {
    ...{ id: 'CP-9', framework: 'NIST SP 800-53', from: ['backups', 'point', 'integrity', 'protection'] },
    asks: 'Backups are made as often as the objectives ask, and are protected and tested',
  },
  {
    ...{ id: 'CP-10', framework: 'NIST SP 800-53', from: ['point', 'tests'] },
    asks: 'The system can be recovered to a known state within its objectives',
  },
];

export function controlsOf(known: Known): Control[] {
  const statements = {
    backups: backupsRan(known),
    tests: restoresTested(known),
    integrity: integrityKept(known),
    protection: protectionOf(known),
    point: recoveryPoint(known),
  };
  return CONTROLS.map(({ from, ...control }) => ({
    ...control,
    facts: from.flatMap((name) => statements[name].facts),
    missing: from.flatMap((name) => statements[name].missing),
  }));
}

const some = (text: string, isSo: boolean) => (isSo ? [text] : []);
const named = (rows: readonly FleetRow[]) => {
  const names = rows
    .slice(0, 3)
    .map(({ manager }) => manager)
    .join(', ');
  return rows.length > 3 ? `${names} and ${rows.length - 3} more` : names;
};
const amount = (count: number, what: string) => (count === 1 ? `1 ${what} is` : `${count} ${what}s are`);
const isOf = (part: readonly unknown[], whole: readonly unknown[]) =>
  whole.length === 1 ? 'the manager' : `${part.length} of ${whole.length} managers`;
/** `The manager has`, `1 of 3 managers has`, `2 of 3 managers have` */
const owning = (part: readonly unknown[], whole: readonly unknown[], which = '') =>
  `${isOf(part, whole).replace(/^t/, 'T')}${which} ${part.length === 1 ? 'has' : 'have'}`;

function backupsRan({ rows, config }: Known): Statement {
  const scheduled = rows.filter(({ timing }) => timing.schedule !== null);
  const unscheduled = rows.filter(({ timing }) => timing.schedule === null);
  const count = (of: (row: FleetRow) => number) => rows.reduce((sum, row) => sum + of(row), 0);
  const good = count(({ counts }) => counts.verified + counts.flagged);
  const due = good + count(({ counts }) => counts.failed + counts.missing + counts.damaged);
  return {
    facts: [
      ...some(`${owning(scheduled, rows)} a schedule in the configuration.`, scheduled.length > 0),
      ...some(`${good} of ${due} runs of the period made an archive that was verified byte by byte.`, due > 0),
    ],
    missing: [
      ...some('No configuration was at hand: which runs were due is not known.', config === undefined),
      ...some(`No schedule: ${named(unscheduled)}.`, config !== undefined && unscheduled.length > 0),
      ...some('No run in the period.', due === 0),
    ],
  };
}

/** A restore that is older proves little: people, passwords and versions change. */
const TEST_DAYS = 365;

function restoresTested({ rows, now }: Known): Statement {
  const since = new Date(now.getTime() - days(TEST_DAYS)).toISOString();
  const isTested = ({ lastProof }: FleetRow) => lastProof !== null && lastProof.at >= since;
  const tested = rows.filter(isTested);
  const untested = rows.filter((row) => !isTested(row));
  const longest = Math.max(0, ...tested.flatMap(({ lastProof }) => lastProof?.rtoSeconds ?? []));
  return {
    facts: [
      ...some(
        `Archives of ${isOf(tested, rows)} were restored within the last ${TEST_DAYS} days, in a test or after a loss, and the content compared.`,
        tested.length > 0,
      ),
      ...some(
        `The slowest of these restores took ${longest < 60 ? `${longest} s` : `${Math.floor(longest / 60)} min`} from its start until the result was compared (RTO).`,
        longest > 0,
      ),
    ],
    missing: some(`No successful restore within the last ${TEST_DAYS} days: ${named(untested)}.`, untested.length > 0),
  };
}

function integrityKept({ rows }: Known): Statement {
  const sum = (of: (row: FleetRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const [archives, damaged] = [sum((row) => row.archives), sum((row) => row.damaged)];
  const [signed, unsigned] = [sum(({ records }) => records.signed), sum(({ records }) => records.unsigned)];
  const lost = sum(({ records }) => records.forged + records.missing + records.unreadable);
  const oldest = rows.flatMap(({ oldestVerifiedAt }) => oldestVerifiedAt ?? []).sort()[0];
  return {
    facts: [
      ...some(
        `${archives - damaged} of ${archives} stored archives are valid by their latest verification.`,
        archives > 0,
      ),
      ...some(
        `The archive that was verified the longest ago was verified on ${oldest?.slice(0, 10)}.`,
        oldest !== undefined,
      ),
      ...some(`${amount(signed, 'record')} signed, and the signatures fit.`, signed > 0),
    ],
    missing: [
      ...some(`${amount(damaged, 'archive')} damaged or missing.`, damaged > 0),
      ...some(`${amount(unsigned, 'record')} not signed.`, unsigned > 0),
      ...some(`${amount(lost, 'record')} forged, missing too early, or unreadable.`, lost > 0),
    ],
  };
}

function protectionOf({ config, deployed }: Known): Statement {
  const settings = deployed.kind === 'bucket' ? deployed.settings : undefined;
  const isEnabled = settings?.versioning === 'Enabled';
  const lock = config && objectLockOf(config);
  return {
    facts: [
      ...some('The bucket has versions: what is overwritten or deleted stays for a time.', isEnabled),
      ...some(lockText(lock), settings?.lock === true && lock !== undefined),
      ...some('The bucket has a rule that copies archives to a second bucket.', settings?.replication === true),
      ...some('The bucket encrypts what is stored with a key of KMS by default.', settings?.key !== undefined),
      ...some('Public access to the bucket is blocked.', settings?.isPrivate === true),
    ],
    missing: [
      ...some(
        'The archives lie in a folder of one machine: neither off-site nor locked by itself.',
        deployed.kind === 'folder',
      ),
      ...some(
        `The settings of the bucket could not be read: ${deployed.kind === 'unseen' ? deployed.why : ''}`,
        deployed.kind === 'unseen',
      ),
      ...some('Versioning is not enabled.', settings !== undefined && !isEnabled),
      ...some('There is no Object Lock.', settings?.lock === false),
      ...some('There is no copy in a second region.', settings?.replication === false),
    ],
  };
}

const withinText = (within: readonly FleetRow[], aimed: readonly FleetRow[]) =>
  aimed.length === 1
    ? 'The manager has an archive within its target now.'
    : `${owning(within, aimed, ' with a target')} an archive within it now.`;

/** The lock of each archive is not asked for: the configuration says it, and the bucket that it can. */
function lockText(lock: ReturnType<typeof objectLockOf>): string {
  const who =
    lock?.mode === 'compliance'
      ? 'no user can delete it before'
      : 'before, only who has the permission s3:BypassGovernanceRetention can delete it';
  return `The bucket has Object Lock, and by the configuration each archive is locked for ${lock?.days} days (${lock?.mode} mode: ${who}).`;
}

function recoveryPoint({ rows }: Known): Statement {
  const aimed = rows.filter(({ timing }) => timing.targetHours !== null);
  const within = aimed.filter(({ stale }) => stale === false);
  const late = aimed.filter(({ stale }) => stale !== false);
  const over = aimed.filter(({ gapsOver }) => gapsOver > 0);
  return {
    facts: some(withinText(within, aimed), within.length > 0),
    missing: [
      ...some(`No archive within the target now: ${named(late)}.`, late.length > 0),
      ...some(`The target was missed in the period: ${named(over)}.`, over.length > 0),
      ...some('No recovery point objective is known.', aimed.length === 0),
    ],
  };
}

import { Interrupted } from '../../../base/errors.ts';
import { Redactor } from '../../../base/redact.ts';
import { rulesOf } from '../../../config/manager-rules.ts';
import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { localDeps } from '../../../local/deps.ts';
import { runReconcile } from '../../../local/reconcile.ts';
import type { FoundFinding, ReconcileReport } from '../../../reconcile/contract.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { managersOfAll } from '../../inputs/managers-of-all.ts';
import { networkOf } from '../../inputs/network.ts';
import { type ConfiguredRun, notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { type OpenedBucket, openBucket } from '../../inputs/opened-bucket.ts';
import { partsOf, type Storage } from '../../inputs/storage.ts';
import { answering, logTo } from '../../preflight.ts';
import { EXIT, formatAge, formatBytes, type Terminal, UsageError } from '../../usage.ts';
import type { reconcileLiteral } from './command.ts';

type ReconcileGiven = Given<typeof reconcileLiteral>;

/** `offsite reconcile`: what a daily reconciliation would find, and with `--repair` its repairs. Exit code 1: something is left. */
export async function reconcileCommand(given: ReconcileGiven, terminal: Terminal): Promise<number> {
  const only = managerName(given.manager);
  if (only === undefined && !given.all) throw new UsageError('No manager is named: add --manager NAME, or --all.');
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  const opened = await scheduled(only, given, terminal, async () => {
    const bucket = await openBucket(given, given.repair ? 'all' : 'read', terminal);
    if (given.local) await answering(bucket.storage, terminal);
    return bucket;
  });
  const { storage, installation } = opened;
  try {
    const config = named ?? (await readConfig(undefined, installation));
    refuseBlindRepair(given, config, storage);
    const run = (manager: string) =>
      scheduled(manager, given, terminal, () => reconcileOne(manager, given, { opened, config, terminal }));
    if (only !== undefined) return finish([await run(only)], storage, given, terminal);
    const reports: Ended[] = [];
    // One after another: each reads the records of its manager, and one after another they can be read.
    const all = managersOfAll(config, { verb: 'reconciles', file: given.config, onlyReached: false });
    for (const id of all) {
      if (terminal.interrupt.aborted) throw new Interrupted(`Interrupted before manager ${id} was reconciled.`);
      reports.push(await run(id).catch((error: Error) => unreported(id, error, terminal)));
    }
    return finish(reports, storage, given, terminal);
  } finally {
    await storage.close();
  }
}

/** One that repairs is one that a schedule may have started; without `--repair` a person waits for what it prints. */
function scheduled<T>(manager: string | undefined, given: ReconcileGiven, terminal: Terminal, work: () => Promise<T>) {
  if (!given.local || !given.repair) return work();
  const of: ConfiguredRun = {
    about: 'reconcile',
    manager: manager ?? null,
    what: `reconciliation of ${manager ?? 'all managers'}`,
  };
  return notifiedUnlessBegun(of, given, terminal, work);
}

/** A manager whose reconciliation could not be done, of several. */
interface Unreported {
  readonly outcome: 'failed';
  readonly error: string;
  readonly message: string;
  readonly manager: string;
  readonly finishedAt: string;
}
type Ended = ReconcileReport | Unreported;

function unreported(manager: string, { name, message }: Error, { clock }: Terminal): Unreported {
  return { outcome: 'failed', error: name, message, manager, finishedAt: clock.now().toISOString() };
}

interface With {
  readonly opened: OpenedBucket;
  readonly config: OffsiteConfig | undefined;
  readonly terminal: Terminal;
}

async function reconcileOne(manager: string, given: ReconcileGiven, parts: With): Promise<ReconcileReport> {
  const { opened, config, terminal } = parts;
  const { storage, executions } = opened;
  const redactor = new Redactor();
  // In AWS the managers of a configuration are reached by functions, and not from here.
  const own = config?.managers.find(({ id }) => id === manager);
  const isReached = given.local && own?.local !== false;
  const secret = await managerSecret(manager, isReached ? given : { ...given, config: undefined }, redactor, terminal);
  const deps = localDeps({
    ...partsOf(storage),
    signal: terminal.interrupt,
    clock: terminal.clock,
    redactor,
    network: await networkOf(terminal),
    ...(secret ? { secret } : {}),
    ...(config ? { rulesOf: (id: string) => rulesOf(config, id) } : {}),
    ...(given.local ? await notifierFrom(given, redactor, terminal) : {}),
    ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
  });
  const input = { manager, dryRun: given.repair !== true, ...(secret ? {} : { storageOnly: true }) };
  try {
    return await runReconcile(input, { ...deps, executions: executions ?? deps.executions });
  } finally {
    await deps.close();
  }
}

/** Tags follow from the retention that is configured: with another one, archives would expire that should not. */
function refuseBlindRepair({ repair }: ReconcileGiven, config: OffsiteConfig | undefined, { isFolder }: Storage): void {
  if (!repair || config || isFolder) return;
  throw new UsageError(
    'A repair of tags has to know how long archives are to stay: add --config FILE, the configuration of the stack.',
  );
}

function finish(reports: readonly Ended[], { place }: Storage, given: ReconcileGiven, { out, err }: Terminal): number {
  const [first] = reports;
  const isLeft = reports.some(({ outcome }) => outcome === 'findings' || outcome === 'failed');
  if (given.json) {
    const document = given.all ? { outcome: isLeft ? 'findings' : 'clean', managers: reports } : first;
    out.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  for (const report of reports) {
    if (report.outcome === 'failed') err.write(`offsite: ${report.manager}: ${report.error}: ${report.message}\n`);
    else if (!given.json) out.write(`${given.all ? `${report.manager}\n` : ''}${textOf(report, place)}`);
  }
  return isLeft ? EXIT.failed : EXIT.ok;
}

const WHAT: Readonly<Record<FoundFinding['repair'], string>> = {
  open: 'to be looked at',
  failed: 'not repaired',
  'could be': 'could be repaired: --repair',
  done: 'repaired',
};

function textOf({ findings, lookedAt, hoursSinceVerified, bytes, counts, manager }: ReconcileReport, place: string) {
  const seen = `${lookedAt.archives} archives, ${lookedAt.objects} objects, ${lookedAt.nights} scheduled times`;
  const snapshots = lookedAt.snapshots === null ? 'the manager was not asked' : `${lookedAt.snapshots} snapshots on it`;
  const all = counts.open + counts.failed + counts.couldBe + counts.done;
  const age = hoursSinceVerified === null ? 'it does not exist' : `${formatAge(hoursSinceVerified * 3600)} old`;
  return [
    ...findings.map((one) => `${one.kind} (${WHAT[one.repair]})\n  ${one.message}`),
    ...(all > findings.length ? [`... and ${all - findings.length} more`] : []),
    ...(all === 0 ? [`Nothing is odd about manager ${manager}.`] : []),
    `Looked at  ${seen} in ${place}; ${snapshots}`,
    `Newest     ${age}`,
    `Bytes      ${formatBytes(bytes['all'] ?? 0)}, of them ${formatBytes(bytes['noncurrent'] ?? 0)} soft-deleted`,
    '',
  ].join('\n');
}

import type { Executions } from '../../../base/ports.ts';
import { Redactor } from '../../../base/redact.ts';
import { rulesOf } from '../../../config/manager-rules.ts';
import type { OffsiteConfig } from '../../../config/offsite-config.ts';
import { partsOfArn } from '../../../installation/arns.ts';
import { localDeps } from '../../../local/deps.ts';
import { runReconcile } from '../../../local/reconcile.ts';
import type { FoundFinding, ReconcileReport } from '../../../reconcile/contract.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { managerName } from '../../inputs/manager-name.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { openStorage, type Storage } from '../../inputs/storage.ts';
import { logTo } from '../../preflight.ts';
import { EXIT, formatBytes, type Terminal, UsageError } from '../../usage.ts';
import type { reconcileLiteral } from './command.ts';

type ReconcileGiven = Given<typeof reconcileLiteral>;

/** `offsite reconcile`: what a daily reconciliation would find, and with `--repair` its repairs. Exit code 1: something is left. */
export async function reconcileCommand(given: ReconcileGiven, terminal: Terminal): Promise<number> {
  const manager = managerName(given.manager);
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  const redactor = new Redactor();
  // In AWS the managers of a configuration are reached by functions, and not from here.
  const access = given.local ? given : { ...given, config: undefined };
  const secret = await managerSecret(manager, access, redactor, terminal);
  const { storage, installation, executions } = await openBucket(given, terminal);
  try {
    const config = named ?? (await readConfig(undefined, installation));
    refuseBlindRepair(given, config, storage);
    const deps = localDeps({
      s3: storage.s3,
      bucket: storage.bucket,
      sealing: storage.sealing,
      signal: terminal.interrupt,
      clock: terminal.clock,
      redactor,
      ...(secret ? { secret } : {}),
      ...(config ? { rulesOf: (id: string) => rulesOf(config, id) } : {}),
      ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
    });
    const input = { manager, dryRun: given.repair !== true, ...(secret ? {} : { storageOnly: true }) };
    try {
      return finish(
        await runReconcile(input, { ...deps, executions: executions ?? deps.executions }),
        storage,
        given,
        terminal,
      );
    } finally {
      await deps.close();
    }
  } finally {
    await storage.close();
  }
}

interface Opened {
  readonly storage: Storage;
  readonly installation?: string;
  /** Who knows whether a run in AWS still lives. */
  readonly executions?: Executions;
}

async function openBucket(given: ReconcileGiven, terminal: Terminal): Promise<Opened> {
  if (given.local)
    return {
      storage: await openStorage(
        given,
        { option: 'from', mustExist: true, use: given.repair ? 'all' : 'read' },
        terminal,
      ),
    };
  const { openInstallation } = await import('../../aws/open.ts');
  const { storage, installation, sfn } = await openInstallation(given, terminal);
  const isRunning: Executions['isRunning'] = async (execution) => {
    const found = partsOfArn(execution) && (await sfn.describe(execution));
    if (!found?.status) return 'unknown';
    return ['RUNNING', 'PENDING_REDRIVE'].includes(found.status) ? 'running' : 'ended';
  };
  return { storage, installation: installation.name, executions: { isRunning } };
}

/** Tags follow from the retention that is configured: with another one, archives would expire that should not. */
function refuseBlindRepair({ repair }: ReconcileGiven, config: OffsiteConfig | undefined, { isFolder }: Storage): void {
  if (!repair || config || isFolder) return;
  throw new UsageError(
    'A repair of tags has to know how long archives are to stay: add --config FILE, the configuration of the installation.',
  );
}

function finish(report: ReconcileReport, { place }: Storage, { json }: ReconcileGiven, { out }: Terminal): number {
  out.write(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, place));
  return report.outcome === 'findings' ? EXIT.failed : EXIT.ok;
}

const WHAT: Readonly<Record<FoundFinding['repair'], string>> = {
  open: 'to be looked at',
  failed: 'not repaired',
  'could be': 'could be repaired: --repair',
  done: 'repaired',
};

function textOf({ findings, lookedAt, hoursSinceVerified, bytes, counts, manager }: ReconcileReport, place: string) {
  const seen = `${lookedAt.archives} archives, ${lookedAt.objects} objects, ${lookedAt.nights} nights`;
  const snapshots = lookedAt.snapshots === null ? 'the manager was not asked' : `${lookedAt.snapshots} snapshots on it`;
  const all = counts.open + counts.failed + counts.couldBe + counts.done;
  const age = hoursSinceVerified === null ? 'there is none' : `${hoursSinceVerified} hours old`;
  return [
    ...findings.map((one) => `${one.kind} (${WHAT[one.repair]})\n  ${one.message}`),
    ...(all > findings.length ? [`... and ${all - findings.length} more`] : []),
    ...(all === 0 ? [`Nothing is odd about manager ${manager}.`] : []),
    `Looked at  ${seen} in ${place}; ${snapshots}`,
    `Newest     ${age}`,
    `Bytes      ${formatBytes(bytes['all'] ?? 0)}, of them ${formatBytes(bytes['noncurrent'] ?? 0)} hidden`,
    '',
  ].join('\n');
}

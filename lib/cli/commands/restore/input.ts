import { defined } from '../../../base/defined.ts';
import { InvalidInput } from '../../../base/errors.ts';
import type { Redactor } from '../../../base/redact.ts';
import { describeIssues } from '../../../base/zod-issues.ts';
import type { RestoreAuthority } from '../../../config/restore-authority.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { RestoreInput } from '../../../restore/input.ts';
import type { Given } from '../../command.ts';
import { secretFile, secretFromFlags } from '../../inputs/manager-secret.ts';
import { UsageError } from '../../usage.ts';
import type { restoreLiteral } from './command.ts';

export type RestoreGiven = Given<typeof restoreLiteral>;

/** Refuses what contradicts itself in a run on this machine, before any file is read. Throws `UsageError`. */
export function refuseContradictions(given: RestoreGiven): void {
  if (!given.local) return;
  if (given.managerUrl === undefined) {
    throw new UsageError('Where is the manager? Add --manager-url URL, once per node of a cluster.');
  }
  if (given.drill && !given.drillTarget) {
    throw new UsageError(
      '--drill overwrites the manager for practice. Add --drill-target if this manager may be overwritten by drills.',
    );
  }
  if (given.passwordFile === '-' && given.restoredPasswordFile === '-') {
    throw new UsageError('Only one password can come from standard input.');
  }
}

/** The options as the input of an execution. Throws `InvalidInput`. */
export function inputFrom(given: RestoreGiven): RestoreInput {
  const input = {
    manager: given.manager,
    sourceManager: given.sourceManager,
    archive: given.asOf === undefined ? given.archive : { asOf: given.asOf },
    archiveUrl: given.archiveUrl,
    skipDamaged: given.skipDamaged,
    force: given.force,
    recreateDeploymentsEnvs: given.recreateDeploymentsEnvs ? undefined : false,
    restoreCertificates: given.restoreCertificates,
    noReboot: given.reboot ? undefined : true,
    tenantName: given.tenantName,
    method: given.method,
    trustStorage: given.trustStorage,
    purpose: given.drill ? 'drill' : undefined,
    acceptUnsigned: given.acceptUnsigned,
    allowPartial: given.allowPartial,
    dryRun: given.dryRun,
    restoredCredentialsSecret:
      given.restoredUsername === undefined ? given.restoredSecret : restoredName(given.manager),
    reason: given.reason,
  };
  const parsed = RestoreInput.safeParse(Object.fromEntries(Object.entries(input).filter(([, v]) => v !== undefined)));
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The options are not valid: ${describeIssues(parsed.error)}.`);
}

/**
 * What the person at the keyboard allows by giving it: the credentials for after the restore, which no configuration names
 * here, and the host of the archive's address, also one inside.
 */
export function authorityOf({ restoredCredentialsSecret, archiveUrl }: RestoreInput): RestoreAuthority {
  const host = archiveUrl === undefined ? undefined : new URL(archiveUrl).host;
  return {
    restoredCredentials: restoredCredentialsSecret,
    archiveUrls: host === undefined ? undefined : { hosts: [host], others: 'public' },
  };
}

/** A name for credentials that never is the manager's own, within the length that names have. */
function restoredName(manager = ''): string {
  return `${manager.slice(0, 54)}-restored`;
}

export interface Secrets {
  readonly secret: ManagerSecretFields;
  readonly otherSecrets: Readonly<Record<string, ManagerSecretFields>>;
}

/** The manager's secret, and the one of the credentials that the archive brings back, if they are told. */
export async function secretsFrom(given: RestoreGiven, input: RestoreInput, redactor: Redactor): Promise<Secrets> {
  const own = await secretFromFlags(input.manager, given, redactor);
  const secret = given.drillTarget ? { ...own, drillTarget: true } : own;
  const { restoredUsername: username, restoredPasswordFile: file } = given;
  const name = input.restoredCredentialsSecret;
  if (name === undefined || username === undefined || file === undefined) return { secret, otherSecrets: {} };
  const password = await secretFile('--restored-password-file', file);
  redactor.add(password);
  const { endpoints, ca, tenant } = own;
  const trust = { ...defined({ ca, tenant }) };
  return { secret, otherSecrets: { [name]: { endpoints, username, password, ...trust } } };
}

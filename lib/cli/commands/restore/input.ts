import { defined } from '../../../base/defined.ts';
import { InvalidInput } from '../../../base/errors.ts';
import type { Redactor } from '../../../base/redact.ts';
import { describeIssues } from '../../../base/zod-issues.ts';
import type { RestoreAuthority } from '../../../config/restore-authority.ts';
import { LOGIN_FROM, type ManagerSecretFields } from '../../../manager/secret.ts';
import { RestoreInput } from '../../../restore/input.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { fileRules } from '../../inputs/file-access.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { secretFile } from '../../inputs/secret-file.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import type { restoreLiteral } from './command.ts';

export type RestoreGiven = Given<typeof restoreLiteral>;

/** Refuses what contradicts itself in a run on this machine, before any file is read. Throws `UsageError`. */
export function refuseContradictions(given: RestoreGiven): void {
  if (!given.local) return;
  if (given.managerUrl === undefined && given.config === undefined) throw new UsageError(NO_ADDRESS);
  if (given.drill && !given.drillTarget && given.config === undefined) throw new UsageError(NO_DRILL_TARGET);
  if (given.passwordFile === '-' && given.restoredPasswordFile === '-') {
    throw new UsageError('Only one password can come from standard input.');
  }
}

const NO_ADDRESS =
  'The address of the manager is missing: add --manager-url URL, once per node of a cluster, or --config FILE with managers[].local.';
const NO_DRILL_TARGET =
  '--drill overwrites the manager for practice. Add --drill-target if this manager may be overwritten by drills.';

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
 * What the configuration allows, and the person at the keyboard by giving it: the credentials for after the restore, and
 * the host of the archive's address, also one inside. Nobody approves restores here: who has the credentials can restore.
 */
export function authorityOf(
  { restoredCredentialsSecret, archiveUrl }: RestoreInput,
  { restoreFrom, restoredCredentials }: RestoreAuthority = {},
): RestoreAuthority {
  const host = archiveUrl === undefined ? undefined : new URL(archiveUrl).host;
  return {
    restoreFrom,
    restoredCredentials: restoredCredentialsSecret ?? restoredCredentials,
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
  readonly authority: RestoreAuthority;
}

/** The manager's secret, and those of the credentials that the archive may bring back, if they are told. */
export async function secretsFrom(
  given: RestoreGiven,
  input: RestoreInput,
  redactor: Redactor,
  terminal: Terminal,
): Promise<Secrets> {
  const config = await readConfig(given.config, undefined);
  const configured = config?.managers.find(({ id }) => id === input.manager);
  const isDrillTarget = given.drillTarget === true || configured?.drillTarget === true;
  if (given.drill && !isDrillTarget) throw new UsageError(NO_DRILL_TARGET);
  const own = await managerSecret(input.manager, given, redactor, terminal);
  if (own === undefined) throw new UsageError(NO_ADDRESS);
  const secret = isDrillTarget ? { ...own, drillTarget: true } : own;
  const authority = authorityOf(input, configured);
  const { endpoints, ca, tenant } = own;
  // They are sent to the manager that is restored, whoever else they belong to.
  const sent = (other: ManagerSecretFields) => ({ ...other, endpoints, ...defined({ ca, tenant }) });
  const otherSecrets: Record<string, ManagerSecretFields> = {};
  for (const name of configuredOthers(authority, input)) {
    const other = await managerSecret(
      name,
      { config: given.config, strictFiles: given.strictFiles },
      redactor,
      terminal,
    );
    if (other) otherSecrets[name] = sent(other);
  }
  const { restoredUsername: username, restoredPasswordFile: file } = given;
  const name = input.restoredCredentialsSecret;
  if (name === undefined || username === undefined || file === undefined) return { secret, otherSecrets, authority };
  const password = await secretFile('--restored-password-file', file, fileRules(given, terminal));
  redactor.add(password);
  const from = `the user name (--restored-username) and the password (in ${file}, by --restored-password-file)`;
  const restored = sent({ endpoints, username, password, [LOGIN_FROM]: from });
  return { secret, otherSecrets: { ...otherSecrets, [name]: restored }, authority };
}

/** Managers of the configuration whose credentials this restore may use. */
function configuredOthers({ restoreFrom = [], restoredCredentials }: RestoreAuthority, input: RestoreInput): string[] {
  const { manager, sourceManager = manager, restoredCredentialsSecret } = input;
  const named = [
    ...restoreFrom.filter((name) => name === sourceManager),
    ...(restoredCredentials === undefined || restoredCredentialsSecret !== undefined ? [] : [restoredCredentials]),
  ];
  return [...new Set(named)].filter((name) => name !== manager);
}

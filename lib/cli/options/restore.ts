import { InvalidInput } from '../../base/errors.ts';
import type { Redactor } from '../../base/redact.ts';
import { describeIssues } from '../../base/zod-issues.ts';
import type { ManagerSecretFields } from '../../manager/secret.ts';
import { RestoreInput } from '../../restore/input.ts';
import { parseFlags, UsageError } from '../usage.ts';
import { DEPLOYED_FLAGS, refuseOf } from './installation.ts';
import { MANAGER_FLAGS, secretFile, secretFromFlags } from './manager.ts';
import { BUCKET_FLAGS } from './storage.ts';

const { manager, ...AT_THE_MANAGER } = MANAGER_FLAGS;
const LOCAL = {
  ...AT_THE_MANAGER,
  from: { type: 'string' },
  ...BUCKET_FLAGS,
  'drill-target': { type: 'boolean' },
  'restored-username': { type: 'string' },
  'restored-password-file': { type: 'string' },
  verbose: { type: 'boolean' },
} as const;
const DEPLOYED = { ...DEPLOYED_FLAGS, 'restored-secret': { type: 'string' } } as const;
const flags = {
  local: { type: 'boolean' },
  manager,
  ...LOCAL,
  ...DEPLOYED,
  archive: { type: 'string' },
  'as-of': { type: 'string' },
  'archive-url': { type: 'string' },
  'source-manager': { type: 'string' },
  force: { type: 'boolean' },
  'no-recreate-deployments-envs': { type: 'boolean' },
  'restore-certificates': { type: 'boolean' },
  'no-reboot': { type: 'boolean' },
  'tenant-name': { type: 'string' },
  method: { type: 'string' },
  drill: { type: 'boolean' },
  'allow-partial': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  reason: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;
export type RestoreFlags = ReturnType<typeof parseFlags<typeof flags>>;

/** Parses and refuses what contradicts itself, before any file is read. Throws `UsageError`. */
export function restoreFlags(args: string[]): RestoreFlags {
  const given = parseFlags('restore', args, flags);
  const refuse = (wrong: boolean | undefined, message: string) => {
    if (wrong) throw new UsageError(message);
  };
  refuseOf(given, given.local ? Object.keys(DEPLOYED) : Object.keys(LOCAL));
  refuse(given.manager === undefined, 'Which manager is to be restored? Add --manager NAME.');
  refuse(
    given.local && given['manager-url'] === undefined,
    'Where is the manager? Add --manager-url URL, once per node of a cluster.',
  );
  refuse(given.archive !== undefined && given['as-of'] !== undefined, 'Give either --archive or --as-of, not both.');
  refuse(
    given.local && given.drill && !given['drill-target'],
    '--drill overwrites the manager for practice. Add --drill-target if this manager may be overwritten by drills.',
  );
  refuse(given['drill-target'] && !given.drill, '--drill-target goes with --drill.');
  refuse(given['dry-run'] && given.yes, '--yes has no meaning with --dry-run, which changes nothing.');
  refuse(
    (given['restored-username'] === undefined) !== (given['restored-password-file'] === undefined),
    '--restored-username and --restored-password-file go together.',
  );
  refuse(
    given['password-file'] === '-' && given['restored-password-file'] === '-',
    'Only one password can come from standard input.',
  );
  return given;
}

/** The flags as the input of an execution. Throws `InvalidInput`. */
export function inputFrom(given: RestoreFlags): RestoreInput {
  const input = {
    manager: given.manager,
    sourceManager: given['source-manager'],
    archive: given['as-of'] === undefined ? given.archive : { asOf: given['as-of'] },
    archiveUrl: given['archive-url'],
    force: given.force,
    recreateDeploymentsEnvs: given['no-recreate-deployments-envs'] ? false : undefined,
    restoreCertificates: given['restore-certificates'],
    noReboot: given['no-reboot'],
    tenantName: given['tenant-name'],
    method: given.method,
    purpose: given.drill ? 'drill' : undefined,
    allowPartial: given['allow-partial'],
    dryRun: given['dry-run'],
    restoredCredentialsSecret:
      given['restored-username'] === undefined ? given['restored-secret'] : restoredName(given.manager),
    reason: given.reason,
  };
  const parsed = RestoreInput.safeParse(Object.fromEntries(Object.entries(input).filter(([, v]) => v !== undefined)));
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The flags are not valid: ${describeIssues(parsed.error)}.`);
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
export async function secretsFrom(given: RestoreFlags, input: RestoreInput, redactor: Redactor): Promise<Secrets> {
  const own = await secretFromFlags(input.manager, given, redactor);
  const secret = given['drill-target'] ? { ...own, drillTarget: true } : own;
  const { 'restored-username': username, 'restored-password-file': file } = given;
  const name = input.restoredCredentialsSecret;
  if (name === undefined || username === undefined || file === undefined) return { secret, otherSecrets: {} };
  const password = await secretFile('restored-password-file', file);
  redactor.add(password);
  const { endpoints, ca, tenant } = own;
  const trust = { ...(ca === undefined ? {} : { ca }), ...(tenant === undefined ? {} : { tenant }) };
  return { secret, otherSecrets: { [name]: { endpoints, username, password, ...trust } } };
}

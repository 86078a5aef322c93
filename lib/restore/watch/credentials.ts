import { InvalidInput } from '../../base/errors.ts';
import { maySend, type RestoreAuthority } from '../../config/restore-authority.ts';
import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import type { Access } from '../../manager/managers.ts';
import type { AccessName } from '../course.ts';
import type { RestoreInput } from '../input.ts';
import { optionWords } from '../option-words.ts';
import type { Selection } from '../state.ts';

/** Who asks for what, as far as credentials depend on it. */
export interface AccessContext {
  readonly input: RestoreInput;
  readonly run: { readonly manager: string; readonly node: string };
  readonly selection?: Pick<Selection, 'manager'> | undefined;
}

/**
 * The credentials that may be good, by name, the most probable first. A legacy restore brings back users and passwords
 * of the archive's manager (contract.md §7.4): those are in that manager's own secret (`source`), in the version of
 * ours from before the machine was installed anew (`previous`), or where the configuration says (`restored`). Those of
 * another manager only if the configuration lets them be sent to this one; `Managers.openAs` holds to that as well.
 */
export function accessesOf(
  { input, run, selection }: AccessContext,
  authority: RestoreAuthority,
): ReadonlyMap<AccessName, Access> {
  const tenant = input.tenantName;
  const found = new Map<AccessName, Access>([['current', { secret: run.manager, version: 'current', tenant }]]);
  const others = { restored: restoredSecretOf(input, authority), source: selection?.manager ?? input.sourceManager };
  for (const name of ['restored', 'source'] as const) {
    const secret = others[name];
    if (secret === undefined || secret === run.manager || !maySend(authority, secret)) continue;
    found.set(name, { secret, version: 'current', tenant });
  }
  found.set('previous', { secret: run.manager, version: 'previous', tenant });
  return found;
}

/** The secret whose credentials are tried after the restore: the configured one, or of several the one that is meant. */
export function restoredSecretOf(
  { restoredCredentialsSecret }: Pick<RestoreInput, 'restoredCredentialsSecret'>,
  { restoredCredentials }: RestoreAuthority,
): string | undefined {
  return restoredCredentialsSecret ?? restoredCredentials;
}

/** The manager of the archive, if the configuration keeps its credentials from the manager that is restored. */
export function withheldFrom(
  { input, run, selection }: Omit<AccessContext, 'run'> & { readonly run: { readonly manager: string } },
  authority: RestoreAuthority,
): string | undefined {
  const source = selection?.manager ?? input.sourceManager;
  return source === undefined || source === run.manager || maySend(authority, source) ? undefined : source;
}

/**
 * Who starts a restore chooses among what the configuration allows, and adds nothing to it. Throws `InvalidInput`, before
 * any secret is read.
 */
export function requireAllowedSecret(
  { manager, restoredCredentialsSecret: name }: RestoreInput,
  authority: RestoreAuthority,
): void {
  if (name === undefined || name === manager || maySend(authority, name)) return;
  throw new InvalidInput(
    `restoredCredentialsSecret: the configuration does not let the credentials of ${name} be sent to manager ${manager}. Leave the field out, or name the pair: ${optionWords.pairWith(manager)}. Nothing was started.`,
  );
}

/** The manager with these credentials. Undefined: there are none of this name, or they may not be sent to it. */
export async function openWith(
  name: AccessName,
  context: AccessContext,
  deps: Pick<Deps, 'managers' | 'rulesOf'>,
): Promise<ManagerClient | undefined> {
  const { manager, node } = context.run;
  if (name === 'current') return await deps.managers.open(manager, node, context.input.tenantName);
  const access = accessesOf(context, deps.rulesOf(manager)).get(name);
  return access && (await deps.managers.openAs(manager, node, access));
}

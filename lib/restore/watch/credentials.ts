import type { Deps } from '../../deps.ts';
import type { ManagerClient } from '../../manager/client.ts';
import type { Access } from '../../manager/managers.ts';
import type { RestoreInput } from '../input.ts';
import type { AccessName, Selection } from '../state.ts';

/** Who asks for what, as far as credentials depend on it. */
export interface AccessContext {
  readonly input: RestoreInput;
  readonly run: { readonly manager: string; readonly node: string };
  readonly selection?: Pick<Selection, 'manager'> | undefined;
}

/**
 * The credentials that may be good, by name, the most probable first. A legacy restore brings back users and passwords
 * of the archive's manager (contract.md §7.4): those are in that manager's own secret (`source`), in the version of
 * ours from before the machine was installed anew (`previous`), or where the input says (`restored`).
 */
export function accessesOf({ input, run, selection }: AccessContext): ReadonlyMap<AccessName, Access> {
  const tenant = input.tenantName;
  const found = new Map<AccessName, Access>([['current', { secret: run.manager, version: 'current', tenant }]]);
  const restored = input.restoredCredentialsSecret;
  if (restored !== undefined) found.set('restored', { secret: restored, version: 'current', tenant });
  const source = selection?.manager ?? input.sourceManager;
  if (source && source !== run.manager) found.set('source', { secret: source, version: 'current', tenant });
  found.set('previous', { secret: run.manager, version: 'previous', tenant });
  return found;
}

/** The manager with these credentials. Undefined: there are none of this name. */
export async function openWith(
  name: AccessName,
  context: AccessContext,
  deps: Pick<Deps, 'managers'>,
): Promise<ManagerClient | undefined> {
  const { manager, node } = context.run;
  if (name === 'current') return await deps.managers.open(manager, node, context.input.tenantName);
  const access = accessesOf(context).get(name);
  return access && (await deps.managers.openAs(manager, node, access));
}

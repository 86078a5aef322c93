import type { ManagerConfig } from './manager-config.ts';

/** Managers whose functions may read each other's credentials, and no others'. */
export interface ManagerGroup {
  /** Undefined: of those that name no group. */
  readonly name: string | undefined;
  readonly managers: readonly ManagerConfig[];
}

/** The one without a name first: it is always there, even without managers. */
export function groupsOf(managers: readonly ManagerConfig[]): readonly [ManagerGroup, ...ManagerGroup[]] {
  const of = (name: string | undefined) => ({ name, managers: managers.filter(({ group }) => group === name) });
  const names = new Set(managers.flatMap(({ group }) => group ?? []));
  return [of(undefined), ...[...names].sort().map(of)];
}

/** Names of the secrets beside their own that restores onto the managers of a group may use: the configuration names each. */
export function sourcesOf({ managers }: ManagerGroup): string[] {
  const own = new Set(managers.map(({ id }) => id));
  const named = managers.flatMap(({ restoreFrom = [], restoredCredentials }) => [
    ...restoreFrom,
    ...(restoredCredentials === undefined ? [] : [restoredCredentials]),
  ]);
  return [...new Set(named)].filter((name) => !own.has(name)).sort();
}

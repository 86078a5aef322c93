import type { ArchiveInventory } from '../archive/inventory.ts';
import { Holding } from './holding.ts';
import type { UserRow } from './rows.ts';

export type Counts = Record<string, number>;

/** How many things of each type there are, in all and by tenant. */
export interface Inventory {
  readonly totals: Readonly<Counts>;
  readonly tenants: Readonly<Record<string, Readonly<Counts>>>;
}

/** What a restore brings back of an archive. */
export interface Restorable {
  readonly inventory: Inventory;
  readonly users: readonly UserRow[];
}

export const NOTHING: Restorable = { inventory: { totals: {}, tenants: {} }, users: [] };

const MANAGER_TYPES = ['tenants', 'users', 'user_groups'] as const;
export const TENANT_TYPES = [
  ...(['sites', 'plugins', 'secrets', 'blueprints'] as const),
  ...(['deployments', 'nodes', 'node_instances', 'agents'] as const),
] as const;
export const HISTORY_TYPES = ['executions', 'events', 'logs'] as const;

/** What belongs to a tenant, named as inventories of archives have it. */
export const CONTENT_TYPES = [...TENANT_TYPES, ...HISTORY_TYPES] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** Exists on every manager and cannot be removed. */
export const FIRST_TENANT = 'default_tenant';
/** What a deployment takes with it when it is deleted. */
const DEPENDENTS = ['nodes', 'node_instances', 'agents'] as const;

/** What a manager holds beside its snapshots: numbers of things by tenant, no things. */
export class Content {
  readonly #tenants = new Map<string, Map<ContentType, Holding>>();
  /** With the admin. */
  users: number;
  userGroups: number;

  constructor(users = 1, userGroups = 0) {
    this.users = users;
    this.userGroups = userGroups;
    this.addTenant(FIRST_TENANT);
  }

  /** What a manager holds that was filled from such an archive. */
  static of({ totals, tenants }: Inventory): Content {
    const content = new Content(totals['users'], totals['user_groups']);
    for (const [name, counts] of Object.entries(tenants)) {
      content.addTenant(name);
      for (const type of CONTENT_TYPES) content.holding(name, type).add(counts[type] ?? 0);
    }
    // Rows of a dump may belong to no tenant.
    for (const type of CONTENT_TYPES) {
      const listed = Object.values(tenants).reduce((sum, counts) => sum + (counts[type] ?? 0), 0);
      const first = content.holding(FIRST_TENANT, type);
      first.add(first.size + Math.max(0, (totals[type] ?? 0) - listed));
    }
    return content;
  }

  get tenants(): readonly string[] {
    return [...this.#tenants.keys()];
  }

  addTenant(name: string): void {
    if (!this.#tenants.has(name)) this.#tenants.set(name, new Map(CONTENT_TYPES.map((type) => [type, new Holding()])));
  }

  /** Of a tenant that does not exist: an empty one. */
  holding(tenant: string, type: ContentType): Holding {
    return this.#tenants.get(tenant)?.get(type) ?? new Holding();
  }

  /** A deployment goes, and its share of nodes, instances and agents with it. */
  deleteDeployment(tenant: string, number: number): void {
    const deployments = this.holding(tenant, 'deployments');
    const { capacity } = deployments;
    deployments.delete(number);
    const [owner, owners] = deployments.size > 0 ? [number, capacity] : [0, 1];
    for (const type of DEPENDENTS) this.holding(tenant, type).deleteShare(owner, owners);
  }

  /** In the words of an archive's inventory. */
  inventory(): Inventory {
    const totals: Record<string, number> = Object.fromEntries(
      [...MANAGER_TYPES, ...CONTENT_TYPES].map((type) => [type, 0]),
    );
    Object.assign(totals, { tenants: this.#tenants.size, users: this.users, user_groups: this.userGroups });
    const tenants = [...this.#tenants].map(([name, holdings]) => {
      const counts = [...holdings].filter(([, { size }]) => size > 0).map(([type, { size }]) => [type, size] as const);
      for (const [type, size] of counts) totals[type] = (totals[type] ?? 0) + size;
      return [name, Object.fromEntries(counts)] as const;
    });
    return { totals, tenants: Object.fromEntries(tenants) };
  }
}

/** The plan of a generated archive in the words of the reader. */
export function inventoryOf({ tenants, users, userGroups, totals }: ArchiveInventory): Inventory {
  const named = ({ nodeInstances, ...counts }: Omit<typeof totals, 'tenants'>): Record<string, number> => ({
    ...counts,
    node_instances: nodeInstances,
  });
  return {
    totals: { ...named(totals), tenants: tenants.length, users, user_groups: userGroups },
    tenants: Object.fromEntries(tenants.map(({ name, ...counts }) => [name, named(counts)])),
  };
}
